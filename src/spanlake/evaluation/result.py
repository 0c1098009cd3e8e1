"""What came of an evaluation, as Python code and notebooks have it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from spanlake.storage.catalog.json_text import json_value
from spanlake.storage.lake import Lake
from spanlake.storage.runs.reading import result_rows

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

_ROW = (
    "record_id",
    "repetition",
    "position",
    "inputs",
    "outputs",
    "expectations",
    "tags",
    "split",
    "trace_id",
    "session_id",
    "latency_ms",
    "error_message",
)
_JSON = ("inputs", "outputs", "expectations", "tags")


@dataclass(frozen=True)
class EvaluationResult:
    """A run that has ended. metrics: by <scorer>/<aggregation>.

    passed, reason: whether the quality criteria are met, or without any whether every row has an
    answer and every verdict passes, and why. state: 'finished', or 'stopped' when a budget was
    spent. Everything else is in the lake, and read when it is asked for.
    """

    run_id: str
    metrics: dict[str, float]
    passed: bool
    reason: str
    state: str = "finished"
    row_count: int = 0
    error_count: int = 0
    cost_usd: float | None = None
    open_lake: Callable[[], Lake] = field(repr=False, compare=False, default=Lake)  # type: ignore[assignment]  # always given

    @cached_property
    def result_df(self) -> "pd.DataFrame":
        """One row a record and repetition: what went in and came out, and every verdict.

        Columns: request_id, repetition, inputs, outputs, trace (its id), expectations, tags, split,
        latency_ms, error_message, and for each name of verdicts <name>/value, /rationale,
        /error_message and /error_code.
        """
        import pandas as pd

        records = self._records()
        names = list(dict.fromkeys(name for record in records for name in record))
        columns = {name: [record.get(name) for record in records] for name in names}
        # Numbers are numbers, and all else is what it is: None stays None.
        return pd.DataFrame(
            {
                name: pd.Series(values, dtype=None if _are_numbers(values) else object)
                for name, values in columns.items()
            }
        )

    @property
    def tables(self) -> "dict[str, pd.DataFrame]":
        """The same under the name that MLflow has for it."""
        return {"eval_results": self.result_df}

    def to_pl(self) -> "pl.DataFrame":
        """The same as a polars DataFrame, in which JSON is text."""
        import orjson
        import polars as pl

        def plain(value: Any) -> Any:  # noqa: ANN401  # a cell
            return orjson.dumps(value).decode() if isinstance(value, dict | list) else value

        rows = [{key: plain(value) for key, value in row.items()} for row in self._records()]
        return pl.DataFrame(rows, infer_schema_length=None, strict=False)

    def _records(self) -> list[dict[str, Any]]:
        with self.open_lake() as lake:
            rows = result_rows(lake, self.run_id).fetchall()
        return [_record(row) for row in rows]


def _are_numbers(values: list[Any]) -> bool:
    known = [each for each in values if each is not None]
    return bool(known) and all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in known
    )


def _record(row: tuple[Any, ...]) -> dict[str, Any]:
    *plain, verdicts = row
    values = dict(zip(_ROW, plain, strict=True))
    values |= {name: json_value(values[name]) for name in _JSON}
    record = {
        "request_id": values["record_id"],
        "repetition": values["repetition"],
        "inputs": values["inputs"],
        "outputs": values["outputs"],
        "trace": values["trace_id"],
        "expectations": values["expectations"],
        "tags": values["tags"],
        "split": values["split"],
        "latency_ms": values["latency_ms"],
        "error_message": values["error_message"],
    }
    for verdict in verdicts or ():
        name = verdict["name"]
        record[f"{name}/value"] = json_value(verdict["value"])
        record[f"{name}/rationale"] = verdict["rationale"]
        record[f"{name}/error_message"] = verdict["error_message"]
        record[f"{name}/error_code"] = verdict["error_code"]
    return record
