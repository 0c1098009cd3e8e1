"""What the API takes about queues, and how it writes what is in them."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field, JsonValue

from spanlake.entities.review import Answer, QueueRule, ReviewQueue
from spanlake.errors import UserError
from spanlake.storage.catalog.labels.queues import QueuePlan
from spanlake.storage.labels.filling import MOST_AT_ONCE, Chosen
from spanlake.web.api.endpoint import Model, Moment
from spanlake.web.api.schemas import schema_values

Status = Literal["pending", "complete", "skipped", "declined"]


class NewRule(Model):
    """Which traces come into a queue by themselves."""

    filter: str = Field("", description="In the filter language; none is all traces.")
    since: Moment | None = Field(None, description="Those that started then or later; else now.")
    sample: float = Field(1.0, description="The share to take, the same ones every time.")
    most_open: int = Field(100, description="As long as so many items wait, no more come.")

    def rule(self) -> QueueRule:
        """The rule, from now on if it says nothing else."""
        return QueueRule(
            filter=self.filter,
            since=self.since or datetime.now(UTC),
            sample=self.sample,
            most_open=self.most_open,
        )


class NewQueue(Model):
    """A queue of traces to review."""

    name: str
    schemas: list[str] = Field(description="Names of questions, in the order they are asked.")
    description: str | None = None
    experiment: str | None = Field(None, description="Only traces of it come in by a filter.")
    content: Literal["reference", "copy"] = Field(
        "reference", description="Whether an item is the trace, or a copy of it as it is now."
    )
    assigned_users: list[str] = Field(default_factory=list, description="Nobody is anybody.")
    reviewers_per_item: int = Field(1, description="Independent answers that each item needs.")
    rule: NewRule | None = None

    def plan(self, created_by: str | None) -> QueuePlan:
        """How the queue is to be."""
        return QueuePlan(
            name=self.name,
            schemas=self.schemas,
            description=self.description,
            experiment=self.experiment,
            content=self.content,
            assigned_users=self.assigned_users,
            reviewers_per_item=self.reviewers_per_item,
            rule=None if self.rule is None else self.rule.rule(),
            created_by=created_by,
        )


class QueueChange(Model):
    """What is to be different; what is left out stays."""

    assigned_users: list[str] | None = None
    reviewers_per_item: int | None = None
    closed: bool | None = None


class NewItems(Model):
    """What comes in: that of these ids, or else the traces that are all of the rest."""

    trace_ids: list[str] = Field(default_factory=list, max_length=MOST_AT_ONCE)
    span_ids: list[str] = Field(
        default_factory=list, description="A span of each trace, to be reviewed instead of it."
    )
    session_ids: list[str] = Field(
        default_factory=list, max_length=MOST_AT_ONCE, description="Of whole sessions."
    )
    granularity: Literal["trace", "session"] = Field(
        "trace", description="Whether the traces of a filter come in, or the sessions they are of."
    )
    filter: str | None = Field(None, description="In the filter language.")
    since: Moment | None = None
    limit: int | None = Field(None, ge=1, le=MOST_AT_ONCE, description="The newest so many.")

    def chosen(self) -> Chosen:
        """The same. UserError for nothing at all."""
        if not (self.trace_ids or self.session_ids or self.limit) and (
            self.filter is None and self.since is None
        ):
            raise UserError(
                "trace_ids is missing: give it, or session_ids, a filter, a time or a limit"
            )
        return Chosen(
            trace_ids=self.trace_ids,
            span_ids=self.span_ids,
            session_ids=self.session_ids,
            granularity=self.granularity,
            filter=self.filter,
            since=self.since,
            limit=self.limit,
        )


class ItemsQuery(Model):
    """Which items of a queue."""

    status: Status | None = None
    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=10_000_000)


class ReviewerQuery(Model):
    """Whose review."""

    reviewer: str | None = Field(None, description="A name, unless somebody is signed in.")


class Reviewer(Model):
    """Who reviews."""

    reviewer: str | None = Field(None, description="A name, unless somebody is signed in.")


class NextItem(Reviewer):
    """Who asks for an item."""

    wanted: str | None = Field(None, description="The id of an item, to come if it can be had.")


class NewAnswer(Reviewer):
    """An answer to a question; null takes it back."""

    schema_: str = Field(alias="schema", description="The name of the question, or its id.")
    value: JsonValue = None
    comment: str | None = None

    def answer(self) -> Answer:
        """The same, to be checked."""
        value: Any = self.value
        return Answer(schema_id=self.schema_, value=value, comment=self.comment)


class NewStatus(Reviewer):
    """How a reviewer leaves an item."""

    status: Status
    reason: str | None = Field(None, description="Why it is declined.")


class SyncTarget(Model):
    """Where expectations go."""

    dataset: str = Field(description="Made if it is new.")


def queue_values(queue: ReviewQueue) -> dict[str, Any]:
    """A queue as plain values; its questions with what they take."""
    return asdict(queue) | {"schemas": [schema_values(each) for each in queue.schemas]}
