"""What a lake holds of a sample: its stored rows, what SQL shows of them, and their export."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.protobuf.message import Message
from samples import MARK

import spanlake
from spanlake.entities import Signal
from spanlake.otlp.export import logs_request, metrics_request, traces_request
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLE_OF, TABLES
from spanlake.storage.texts import restored

_QUERIES = {
    Signal.TRACES: "SELECT * EXCLUDE received_at FROM spans WHERE resource['test.mark'] = ?",
    Signal.LOGS: "SELECT * EXCLUDE received_at FROM logs WHERE resource['test.mark'] = ?",
    Signal.METRICS: "SELECT * EXCLUDE received_at FROM metrics WHERE resource['test.mark'] = ?",
}
_MARKS = """
SELECT resource['test.mark'] AS mark, count(*)
FROM (
    SELECT resource FROM spans
    UNION ALL SELECT resource FROM logs
    UNION ALL SELECT resource FROM metrics
)
GROUP BY mark
"""


def stored(data: Path, signal: Signal, mark: str) -> pa.Table:
    """The stored rows of the sample with this mark, oldest commit first."""
    table = TABLE_OF[signal]
    files = [file for file in Layout(data).hot_files(table) if mark in _marks(file)]
    marked = [_only(pq.read_table(file), mark) for file in files]
    return pa.concat_tables([TABLES[table].empty_table(), *marked], promote_options="permissive")


def seen(data: Path, signal: Signal, mark: str) -> list[tuple[Any, ...]]:
    """The same rows as SQL shows them, all columns but the time of their arrival."""
    with spanlake.connect(data) as lake:
        return lake.sql(_QUERIES[signal], [mark]).fetchall()


def seen_marks(data: Path) -> Counter[str]:
    """How many rows SQL shows of each mark, of all signals."""
    with spanlake.connect(data) as lake:
        return Counter(dict(lake.sql(_MARKS).fetchall()))


def stored_marks(data: Path, signal: Signal) -> Counter[str]:
    """How many rows of one signal there are of each mark."""
    found: Counter[str] = Counter()
    for file in Layout(data).hot_files(TABLE_OF[signal]):
        found.update(_marks(file))
    return found


@cache  # a hot file never changes
def _marks(file: Path) -> Counter[str]:
    resources = pq.read_table(file, columns=["resource"])["resource"].to_pylist()
    return Counter(dict(resource or ()).get(MARK, "") for resource in resources)


def exported(data: Path, signal: Signal, mark: str) -> Message:
    """The same rows as one export request."""
    return request_of_rows(signal, stored(data, signal, mark))


def request_of_rows(signal: Signal, rows: pa.Table) -> Message:
    """Stored rows as one export request."""
    match signal:
        case Signal.TRACES:
            return traces_request(restored(rows))
        case Signal.LOGS:
            return logs_request(rows)
        case Signal.METRICS:
            return metrics_request(rows)


def _only(table: pa.Table, mark: str) -> pa.Table:
    resources = table["resource"].to_pylist()
    return table.filter(pa.array([(MARK, mark) in (resource or ()) for resource in resources]))
