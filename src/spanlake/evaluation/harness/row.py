"""What is evaluated: rows with inputs, and perhaps outputs or a trace."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spanlake.entities import Session, Trace
from spanlake.storage.catalog.dataset_versions import DatasetAt


class ContentDigests(NamedTuple):
    """What stands for the content of a stored trace or session, alone and with expectations."""

    alone: str
    with_expectations: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRow:
    """One row. inputs, outputs: JSON values; has_outputs: whether there are any, None included.

    record_id: no other row of the data has it. trace, session: what is scored, where it is at hand;
    trace_id, session_id: of what is stored.
    """

    position: int
    record_id: str
    inputs: Any = None
    outputs: Any = None
    has_outputs: bool = False
    expectations: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    trace_id: str | None = None
    session_id: str | None = None
    trace: Trace | None = None
    session: Session | None = None
    content: ContentDigests | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationData:
    """The rows, which are made anew each time they are asked for.

    count: None where nobody knows beforehand. has_answers: every row has outputs or a trace, so
    that there is nothing to predict. source_run_id: the run that they are from. rows_besides: the
    rows without those of these record ids, where that is quicker than to make all of them.
    """

    rows: Callable[[], Iterator[EvaluationRow]]
    rows_besides: Callable[[Collection[str]], Iterator[EvaluationRow]] | None = None
    count: int | None = None
    has_answers: bool = False
    dataset: DatasetAt | None = None
    source_run_id: str | None = None
    description: str = ""
