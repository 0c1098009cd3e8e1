"""Queues of traces and sessions to review, and what reviewers say of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from spanlake.entities.label_schema import LabelSchema, LabelValue

ReviewStatus = Literal["pending", "complete", "skipped", "declined"]
ItemContent = Literal["reference", "copy"]
LabelRole = Literal["reviewer", "adjudicator"]


class ItemTarget(NamedTuple):
    """What is reviewed: a trace, a span of it, or a whole session; what it is not is None."""

    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRule:
    """Which traces come into a queue by themselves: those that a filter fits, from a moment on.

    filter: in the filter language; "" is all traces. sample: the share to take. most_open: as long
    as so many items wait, no more come.
    """

    filter: str
    since: datetime
    sample: float = 1.0
    most_open: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """How many items of a queue there are, by status."""

    items: int = 0
    pending: int = 0
    complete: int = 0
    skipped: int = 0
    declined: int = 0

    @property
    def done(self) -> int:
        """Those that need nobody any more."""
        return self.complete + self.declined


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQueue:
    """A labeling session: questions, items to ask them of, and who is asked.

    content: whether an item is the trace as it is when somebody looks, or a copy of what it was.
    assigned_users: empty where anybody may review. reviewers_per_item: how many independent answers
    each item needs. closed_at: None while it takes answers.
    """

    queue_id: str
    name: str
    description: str | None
    experiment: str | None
    content: ItemContent
    assigned_users: tuple[str, ...]
    reviewers_per_item: int
    schemas: tuple[LabelSchema, ...]
    rule: QueueRule | None
    counts: QueueCounts
    created_by: str | None
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reviewer says to a question. value: None for a comment alone."""

    schema_id: str
    value: LabelValue | None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One reviewer's work on one item. answers: by schema_id. reason: why it was declined."""

    item_id: str
    reviewer: str
    status: ReviewStatus
    reason: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    started_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A trace, a span of it or a whole session in a queue. position: its place, from 1.

    trace_id: None for a session. session_id: None for anything else.

    status: complete once enough reviewers are, declined once so many cannot be found any more,
    skipped where all that looked at it left it for later. complete, declined: how many reviewers.
    """

    item_id: str
    queue_id: str
    position: int
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    status: ReviewStatus
    complete: int
    declined: int
    added_at: datetime

    @property
    def target(self) -> ItemTarget:
        """What is reviewed."""
        return ItemTarget(self.trace_id, self.span_id, self.session_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """An answer of a completed review, or of an adjudicator: a row of the view `labels`.

    trace_id, span_id, session_id: of what it is said, as in ReviewItem. is_final: it is what the
    queue says of the item: the adjudicator's, or what all reviewers say, or else more than half of
    them.
    """

    queue_id: str
    queue: str
    item_id: str
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    name: str
    schema_id: str
    schema_version: int
    kind: Literal["feedback", "expectation"]
    reviewer: str
    role: LabelRole
    value: LabelValue | None
    comment: str | None
    is_final: bool
    assessment_id: str | None
    answered_at: datetime

    @property
    def target(self) -> ItemTarget:
        """What it is said of."""
        return ItemTarget(self.trace_id, self.span_id, self.session_id)
