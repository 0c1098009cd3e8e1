"""Rows of the stored tables, said in a few words and written as a collector would."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.schema import TABLES

Row = Mapping[str, Any]
Ask = Callable[[str], list[tuple[Any, ...]]]

NOON_NS = 1_790_000_000_000_000_000


def span(
    span_id: str,
    parent_span_id: str | None = None,
    *,
    start_ms: int = 0,
    duration_ms: int = 10,
    received_ms: int = 0,
    **columns: object,
) -> Row:
    """A span of trace `t`; times are counted from `NOON_NS`."""
    start_ns = NOON_NS + start_ms * 1_000_000
    end_ns = start_ns + duration_ms * 1_000_000
    return {
        "trace_id": "t",
        "span_id": span_id,
        "parent_span_id": parent_span_id,
        "name": span_id,
        "start_time": start_ns // 1000,
        "end_time": end_ns // 1000,
        "start_time_ns": start_ns,
        "end_time_ns": end_ns,
        "received_at": NOON_NS // 1000 + received_ms * 1000,
        "is_error": False,
        "experiment": "default",
    } | columns


def usage(input_tokens: int, output_tokens: int = 0, *, is_rollup: bool = False) -> Row:
    """The columns of a span's usage."""
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "usage_is_rollup": is_rollup,
    }


def message(role: str, *texts: str) -> Row:
    """A GenAI message of text parts."""
    return {"role": role, "parts": [{"type": "text", "content": text} for text in texts]}


def evaluation(name: str, attributes: Mapping[str, str], **columns: object) -> Row:
    """A log record that is an OpenTelemetry evaluation result."""
    return {
        "time": NOON_NS // 1000,
        "time_ns": NOON_NS,
        "event_name": "gen_ai.evaluation.result",
        "attributes": [("gen_ai.evaluation.name", name), *attributes.items()],
        "service_name": "grader",
        "received_at": NOON_NS // 1000,
    } | columns


def table_of(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table of this schema; what they do not say is null."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema)


def beside_notes(folder: Path) -> list[Path]:
    """What is in a folder of commits but for what their writers noted there."""
    return sorted(each for each in folder.iterdir() if each.suffix not in {".given-up", ".last"})


def write(data: Path, *rows: Row, table: str = "spans", schema: pa.Schema | None = None) -> Path:
    """Commit rows to a table of the lake in `data`, as one file.

    schema: what the file has, where that is not what the table has today.
    """
    content = encode(table_of(rows, schema or TABLES[table]), [], compression_level=1)
    with HotWriter(Layout(data)) as writer:
        writer.open_table(table)
        return writer.commit(table, content)
