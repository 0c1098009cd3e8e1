"""Label schemas and labeling sessions as Python code has them, with the names of MLflow's."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from spanlake.entities import Session, Trace
from spanlake.entities.label_schema import LabelInput, LabelSchema, LabelType
from spanlake.entities.review import ItemContent, Label, QueueRule, ReviewItem, ReviewQueue
from spanlake.evaluation.datasets import EvaluationDataset
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.labels.agreement import QuestionAgreement, queue_agreement
from spanlake.storage.catalog.labels import queues, schemas
from spanlake.storage.catalog.labels.items import AddedItems, list_items
from spanlake.storage.catalog.labels.labels import list_labels
from spanlake.storage.labels.filling import Chosen, add_chosen, fill_by_rule
from spanlake.storage.labels.publishing import publish
from spanlake.storage.labels.sync import Synced, sync_expectations
from spanlake.storage.search.values import read_since

SERVER = "http://localhost:4318"
"""Where `spanlake serve` shows its pages, unless it is told another port."""


class LabelingSession:
    """A queue of traces or sessions that people answer questions about, in the app at `url`."""

    def __init__(self, place: Place, queue: ReviewQueue) -> None:
        self._place = place
        self._queue_id = queue.queue_id
        self._name = queue.name

    def __repr__(self) -> str:
        return f"LabelingSession({self._name!r})"

    @property
    def queue(self) -> ReviewQueue:
        """The queue as it is now: its questions, its reviewers, and how far it is."""
        with self._place.open_catalog() as catalog:
            return queues.get_queue(catalog, self._queue_id)

    @property
    def name(self) -> str:
        """The name, which no other session has."""
        return self._name

    @property
    def labeling_session_id(self) -> str:
        """The id, which never changes."""
        return self._queue_id

    @property
    def url(self) -> str:
        """Where reviewers go, on a server of this machine at its usual port."""
        plain = self._queue_id if "/" in self._name else quote(self._name, safe="")
        return f"{SERVER}/review/{plain}"

    @property
    def assigned_users(self) -> tuple[str, ...]:
        """Who reviews; nobody is anybody."""
        return self.queue.assigned_users

    @property
    def label_schemas(self) -> tuple[LabelSchema, ...]:
        """The questions, in the order they are asked."""
        return self.queue.schemas

    @property
    def items(self) -> list[ReviewItem]:
        """What is in it, with the status of each."""
        with self._place.open_catalog() as catalog:
            return list_items(catalog, self._queue_id)

    @property
    def labels(self) -> list[Label]:
        """What reviewers answered, and what was decided where they differ."""
        with self._place.open_catalog() as catalog:
            return list_labels(catalog, self._queue_id)

    def add_traces(
        self,
        traces: Iterable[Trace | str] | None = None,
        *,
        filter_string: str | None = None,
        where: str | None = None,
        since: datetime | str | None = None,
        limit: int | None = None,
    ) -> "LabelingSession":
        """Put traces in, each once; those that are there stay where they are.

        traces: ids, or traces as `lake.traces()` gives them. Without them those come that meet all
        of the rest, as of `lake.traces`: filter_string, in the filter language, where, in SQL,
        since, and of these the newest `limit`. Raises NotFoundError, UserError.
        """
        ids = [each if isinstance(each, str) else each.trace_id for each in traces or ()]
        if ids or traces is None:
            self._add(
                Chosen(
                    trace_ids=ids,
                    filter=filter_string,
                    where=where,
                    since=_moment(since),
                    limit=limit,
                )
            )
        return self

    def add_sessions(
        self,
        sessions: Iterable[Session | str] | None = None,
        *,
        filter_string: str | None = None,
        where: str | None = None,
        since: datetime | str | None = None,
        limit: int | None = None,
    ) -> "LabelingSession":
        """Put whole conversations in, each once; the answers are assessments of the session.

        sessions: ids, or sessions as `lake.session()` gives them. Without them those come that have
        a trace which meets all of the rest, as in `add_traces`; the last used `limit` of them.
        Raises NotFoundError, UserError.
        """
        ids = [each if isinstance(each, str) else each.session_id for each in sessions or ()]
        if ids or sessions is None:
            self._add(
                Chosen(
                    session_ids=ids,
                    granularity="session",
                    filter=filter_string,
                    where=where,
                    since=_moment(since),
                    limit=limit,
                )
            )
        return self

    def fill(self) -> AddedItems:
        """Let the rule bring what it is for, now; a server does it when reviewers come."""
        with self._place.open_lake() as lake, self._place.open_catalog() as catalog:
            return fill_by_rule(lake, catalog, self._queue_id)

    def set_assigned_users(
        self, assigned_users: Sequence[str], *, reviewers_per_item: int | None = None
    ) -> "LabelingSession":
        """Say anew who reviews; what others answered stays. UserError."""
        with self._place.open_catalog() as catalog:
            queues.assign_users(
                catalog, self._queue_id, assigned_users, reviewers_per_item=reviewers_per_item
            )
        return self

    def agreement(self) -> list[QuestionAgreement]:
        """How well reviewers agree, question by question."""
        with self._place.open_catalog() as catalog:
            found = queues.get_queue(catalog, self._queue_id)
            return queue_agreement(found.schemas, list_labels(catalog, self._queue_id))

    def sync(self, dataset: str | EvaluationDataset) -> Synced:
        """Merge the expectations that the labels came to into a dataset, made if it is new.

        Of an item that several reviewers answered it is what was decided, or what more than half
        say. Raises UserError where there are none.
        """
        name = dataset if isinstance(dataset, str) else dataset.name
        with self._place.open_lake() as lake, self._place.open_catalog() as catalog:
            publish(lake, catalog, self._queue_id)
            return sync_expectations(lake, catalog, self._queue_id, name)

    def close(self) -> None:
        """Take no more answers."""
        with self._place.open_catalog() as catalog:
            queues.close_queue(catalog, self._queue_id)

    def _add(self, chosen: Chosen) -> None:
        with self._place.open_lake() as lake, self._place.open_catalog() as catalog:
            add_chosen(lake, catalog, self._queue_id, chosen)


def create_labeling_session(  # noqa: PLR0913  # all that can be said of one
    name: str,
    *,
    label_schemas: Sequence[str | LabelSchema],
    assigned_users: Sequence[str] = (),
    reviewers_per_item: int | None = None,
    content: ItemContent = "reference",
    description: str | None = None,
    experiment: str | None = None,
    rule: QueueRule | None = None,
    data: str | Path | None = None,
) -> LabelingSession:
    """Make a session of a name that none has, to put traces or whole conversations in.

    label_schemas: questions, by name or as made. assigned_users: who reviews, anybody without.
    reviewers_per_item: how many independent answers an item needs, else one. content: whether
    reviewers see what is stored when they look, or a copy made when it was added. rule:
    which traces come in by themselves. data: the data directory. Raises NotFoundError, UserError.
    """
    plan = queues.QueuePlan(
        name=name,
        schemas=[each if isinstance(each, str) else each.schema_id for each in label_schemas],
        description=description,
        experiment=experiment,
        content=content,
        assigned_users=assigned_users,
        reviewers_per_item=reviewers_per_item,
        rule=rule,
    )
    place = _made(data)
    with place.open_catalog() as catalog:
        return LabelingSession(place, queues.create_queue(catalog, plan))


def get_labeling_session(name: str, *, data: str | Path | None = None) -> LabelingSession:
    """A session by its name or id. NotFoundError."""
    place = Place.of(data)
    with place.open_catalog() as catalog:
        return LabelingSession(place, queues.get_queue(catalog, name))


def get_labeling_sessions(*, data: str | Path | None = None) -> list[LabelingSession]:
    """Every session, the newest first."""
    place = Place.of(data)
    with place.open_catalog() as catalog:
        return [LabelingSession(place, each) for each in queues.list_queues(catalog)]


def delete_labeling_session(name: str, *, data: str | Path | None = None) -> None:
    """Remove a session with its items; the assessments of it stay. NotFoundError."""
    with Place.of(data).open_catalog() as catalog:
        queues.delete_queue(catalog, name)


def create_label_schema(  # noqa: PLR0913  # as MLflow's function of this name
    name: str,
    *,
    type: LabelType,  # noqa: A002  # the same
    input: LabelInput,  # noqa: A002  # the same
    title: str | None = None,
    instruction: str | None = None,
    enable_comment: bool = False,
    overwrite: bool = False,
    data: str | Path | None = None,
) -> LabelSchema:
    """Make a question for reviewers; its answers become assessments of this name.

    type: `feedback`, or `expectation`. input: which answers it takes, such as
    `labeling.InputPassFail()`. title: what reviewers read, the name without. overwrite: make the
    next version of one that is there; sessions that ask the earlier go on with it. UserError.
    """
    with _made(data).open_catalog() as catalog:
        return schemas.create_label_schema(
            catalog,
            name,
            type=type,
            input=input,
            title=title,
            instruction=instruction,
            enable_comment=enable_comment,
            overwrite=overwrite,
        )


def get_label_schema(name: str, *, data: str | Path | None = None) -> LabelSchema:
    """A question by its name, or by the id of a version. NotFoundError."""
    with Place.of(data).open_catalog() as catalog:
        return schemas.get_label_schema(catalog, name)


def list_label_schemas(*, data: str | Path | None = None) -> list[LabelSchema]:
    """The questions that can be asked, by name."""
    with Place.of(data).open_catalog() as catalog:
        return schemas.list_label_schemas(catalog)


def delete_label_schema(name: str, *, data: str | Path | None = None) -> None:
    """Ask a question no more; sessions that have it keep it. NotFoundError."""
    with Place.of(data).open_catalog() as catalog:
        schemas.delete_label_schema(catalog, name)


def _moment(since: datetime | str | None) -> datetime | None:
    return None if since is None else read_since(since, now=datetime.now(UTC))


def _made(data: str | Path | None) -> Place:
    place = Place.of(data)
    place.root.mkdir(parents=True, exist_ok=True)
    return place
