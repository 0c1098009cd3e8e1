"""Results of a run: as values, and as rows of the table `run_results`."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
import pyarrow as pa

from spanlake.storage.schema import RUN_RESULTS

TABLE = "run_results"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A row of the table; the fields are its columns. JSON is text."""

    run_id: str
    kind: Literal["row", "verdict"]
    record_id: str
    position: int
    repetition: int
    target_type: str = "record"
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    split: str | None = None
    inputs: str | None = None
    outputs: str | None = None
    expectations: str | None = None
    tags: str | None = None
    latency_ms: float | None = None
    assessment_id: str | None = None
    name: str | None = None
    scorer_name: str | None = None
    scorer_digest: str | None = None
    value: str | None = None
    value_double: float | None = None
    value_string: str | None = None
    value_bool: bool | None = None
    passed: bool | None = None
    rationale: str | None = None
    source_type: str | None = None
    source_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    judge_model: str | None = None
    judge_input_tokens: int | None = None
    judge_output_tokens: int | None = None
    judge_cost_usd: float | None = None
    content_digest: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    experiment: str | None = None
    created_at: datetime | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What no two results of a run have in common."""
        return (
            self.kind,
            self.record_id,
            self.repetition,
            self.scorer_digest,
            self.assessment_id,
        )


_COLUMNS = tuple(each.name for each in fields(RunResult))


def verdict_id(
    run_id: str, record_id: str, repetition: int, scorer_digest: str, number: int
) -> str:
    """The id of a verdict. number: of it among those that the scorer gave at once, from 0."""
    said = orjson.dumps([run_id, record_id, repetition, scorer_digest, number])
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def to_json(result: RunResult) -> bytes:
    """A result as a journal keeps it."""
    return orjson.dumps(
        {name: value for name in _COLUMNS if (value := getattr(result, name)) is not None},
        option=orjson.OPT_UTC_Z,
    )


def from_json(text: bytes) -> RunResult:
    """The result that was written so."""
    values: dict[str, Any] = orjson.loads(text)
    if "created_at" in values:
        values["created_at"] = datetime.fromisoformat(values["created_at"])
    return RunResult(**values)


def table_of(results: Iterable[RunResult]) -> pa.Table:
    """Results with the schema of the table."""
    rows: Sequence[RunResult] = list(results)
    now = datetime.now(UTC)
    columns: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in rows] for name in _COLUMNS
    }
    columns["metadata"] = [list(row.metadata.items()) for row in rows]
    columns["received_at"] = [now] * len(rows)
    arrays = [pa.array(columns[each.name], each.type) for each in RUN_RESULTS]
    return pa.Table.from_arrays(arrays, schema=RUN_RESULTS)
