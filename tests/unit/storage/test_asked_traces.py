"""Queries of some traces in a lake of many files: they read few of them, and answer the same."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from rows import NOON_NS, Row, span, usage, write

from spanlake.storage import asked_traces, lake
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.snapshot import Bounds, Snapshot
from spanlake.storage.upkeep import Upkeep

FILES = 9
DAY_MS = 86_400_000
QUERIES = (
    "FROM spans WHERE trace_id = 'trace 3'",
    "SELECT name, input FROM spans WHERE trace_id IN ('trace 1', 'late') ORDER BY ALL",
    "SELECT count(*) FROM spans WHERE trace_id LIKE 'trace%'",
    "FROM spans WHERE trace_id = 'nowhere'",
    "SELECT trace_id, input, output FROM llm_calls WHERE trace_id = 'late' ORDER BY ALL",
    "SELECT trace_id, input FROM llm_calls WHERE session_id = 'session 5'",
    "SELECT input, count(*) FROM llm_calls WHERE start_time < now() GROUP BY ALL ORDER BY ALL",
    "SELECT input FROM llm_calls WHERE start_time >= make_timestamptz({third}) ORDER BY ALL",
    "SELECT * FROM llm_calls ORDER BY start_time DESC, trace_id LIMIT 2 OFFSET 1",
    "SELECT * FROM llm_calls WHERE session_id = 'session 5' ORDER BY start_time LIMIT 5",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of a sealed file a day, with a trace of two days, and commits that are newer."""
    data = tmp_path_factory.mktemp("asked")
    upkeep = Upkeep(Layout(data))
    for day in range(FILES):
        write(data, *call(f"trace {day}", day))
        if day in {2, 6}:
            write(data, *call("late", day))
        upkeep.run("spans")
    upkeep.sum_up()
    write(data, *call("late", FILES), *call("new", FILES))
    return data


def call(trace_id: str, day: int) -> list[Row]:
    """An agent with a model call, whose texts are in the span around it."""
    at: dict[str, Any] = {
        "trace_id": trace_id,
        "start_ms": day * DAY_MS,
        "received_ms": day * DAY_MS,
    }
    told: dict[str, Any] = {"input": f"question of {day}", "output": "answer"}
    ids = [f"{name} {day}" for name in ("agent", "outer", "inner")]
    return [
        span(ids[0], span_type="AGENT", session_id=f"session {day}", **at),
        span(ids[1], ids[0], span_type="LLM", session_id=f"session {day}", **at, **told),
        span(ids[2], ids[1], span_type="LLM", **at, **usage(10, 2)),
    ]


@pytest.mark.parametrize("most_calls", [100, 1])
def test_the_answer_is_the_same(
    data: Path, most_calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked, the answer is the one of a query that reads all files."""
    monkeypatch.setattr(asked_traces, "_MOST_CALLS", most_calls)
    with Lake(data) as narrow, Lake(data) as wide:
        for template in QUERIES:
            query = template.format(third=NOON_NS // 1000 + 3 * DAY_MS * 1000)
            found = narrow.sql(query).fetchall()
            with monkeypatch.context() as patched:
                patched.setattr(lake, "_SOME_FILES", FILES + 1)
                assert found == wide.sql(query).fetchall(), query
            assert bool(found) != ("nowhere" in query)


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("FROM spans WHERE trace_id = 'trace 3'", 2),
        ("SELECT input FROM llm_calls WHERE session_id = 'session 5'", 2),
        ("FROM llm_calls ORDER BY start_time LIMIT 1", 2),
    ],
)
def test_few_files_are_read(
    data: Path, query: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Besides what is not sealed yet, only files of the traces in question are opened."""
    read: list[int] = []

    def within(self: Snapshot, bounds: Bounds) -> list[Path]:
        files = chosen(self, bounds)
        if bounds and self.folder.parent.name == "spans":
            read.append(len(files) - len(self.hot))
        return files

    chosen = Snapshot.within
    with Lake(data) as narrow:
        narrow.sql("FROM llm_calls").fetchall()
        monkeypatch.setattr(Snapshot, "within", within)
        assert narrow.sql(query).fetchall()
    assert len(read) == 1
    assert read[0] <= most


def test_a_mistake_is_told_as_ever(data: Path) -> None:
    """A query of some traces that DuckDB refuses fails as others do, and the next one runs."""
    with Lake(data) as narrow:
        for query in ("FROM spans WHERE trace_id = 'late'", "FROM llm_calls LIMIT 1"):
            with pytest.raises(duckdb.BinderException, match="unknown"):
                narrow.sql(f"SELECT unknown {query}")
            assert narrow.sql(query).fetchall()
        for place in ("spans WHERE trace_id", "llm_calls WHERE session_id"):
            with pytest.raises(duckdb.ConversionException, match="no number"):
                narrow.sql(f"FROM {place} = 'no number'::INT").fetchall()
