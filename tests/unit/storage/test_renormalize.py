"""Deriving the columns of stored data anew."""

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from otlp_requests import FOLDERS, corpus_requests
from rows import NOON_NS, Row, beside_notes, span, usage, write

from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_logs, tabulate_spans
from spanlake.entities import Receipt, Signal
from spanlake.errors import UserError
from spanlake.semconv.columns import CANONICAL, SEMCONV_VERSION, TEXT_COLUMNS
from spanlake.semconv.cost import PRICE_VERSION
from spanlake.semconv.normalise import Normaliser, default_normaliser
from spanlake.semconv.tables import Dialect, load_dialects
from spanlake.storage.delete import delete_traces
from spanlake.storage.hot import HotWriter
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import StoredRequest, encode, read_requests
from spanlake.storage.renormalize import Renormalized, Selection, renormalize
from spanlake.storage.schema import LOG_CONTENT, LOGS, SPANS
from spanlake.storage.texts import restored

NOON = datetime.fromtimestamp(NOON_NS // 10**9, UTC)
RAW = [name for name in SPANS.names if name not in CANONICAL.names]
CURRENT: Row = {"semconv_version": SEMCONV_VERSION}
CALL: Row = {"attributes": [("gen_ai.request.model", "gpt-4o"), ("gen_ai.usage.input_tokens", "9")]}
PRICED_CALL: Row = {
    **CALL,
    "attributes": [*CALL["attributes"], ("gen_ai.provider.name", "openai")],
    "attribute_types": "sis",
    "model": "gpt-4o",
    **usage(9),
}


def quiet(done: int, total: int) -> None:
    """Show nobody how far it is."""


def again(data: Path, *, since: datetime | None = None, force: bool = False) -> Renormalized:
    """Renormalise what is in a lake."""
    chosen = Selection(since=since, force=force)
    return renormalize(Layout(data), default_normaliser(), chosen, progress=quiet)


def submissions(folder: str, signal: Signal) -> list[Submission]:
    requests = corpus_requests(folder, signal)
    return [Submission.of(each, experiment="header", received_ns=NOON_NS) for each in requests]


@cache
def spans_of(folder: str, normaliser: Normaliser | None = None) -> pa.Table:
    """The spans of one instrumentor as they are stored, by today's mapping or another."""
    return tabulate_spans(submissions(folder, Signal.TRACES), normaliser).rows


def marked(rows: pa.Table, version: str) -> pa.Table:
    """Rows that say they were mapped by this version."""
    at = rows.column_names.index("semconv_version")
    return rows.set_column(at, "semconv_version", pa.repeat(version, len(rows)))


def unmapped(rows: pa.Table) -> pa.Table:
    """Spans as a mapping stores them that understands nothing but experiments."""
    columns = {name: pa.nulls(len(rows), CANONICAL.field(name).type) for name in CANONICAL.names}
    raw = restored(rows)
    columns |= {name: raw[name] for name in [*RAW, "experiment"]}
    return marked(pa.table([columns[name] for name in SPANS.names], schema=SPANS), "0")


@cache
def confused() -> Normaliser:
    """A mapping that takes every text for another one."""
    return Normaliser(tuple(map(_confused, load_dialects())), prices=True)


def _confused(dialect: Dialect) -> Dialect:
    others = dict(zip(TEXT_COLUMNS, TEXT_COLUMNS[1:] + TEXT_COLUMNS[:1], strict=True))
    columns = {others.get(name, name): sources for name, sources in dialect.columns.items()}
    return replace(dialect, columns=columns)


def commit(data: Path, rows: pa.Table, table: str) -> Path:
    """Store rows as one file that answers for a request."""
    requests = [StoredRequest("f" * 32, Receipt(1, 2, "no id"))]
    with HotWriter(Layout(data)) as writer:
        writer.open_table(table)
        return writer.commit(table, encode(rows, requests, compression_level=1))


def stored(path: Path, schema: pa.Schema = SPANS) -> pa.Table:
    return pq.read_table(path).cast(schema).combine_chunks()


def raw_of(path: Path) -> pa.Table:
    """What was sent of the spans in a file."""
    return restored(stored(path)).select(RAW).combine_chunks()


@pytest.mark.parametrize("mapping", ["none", "confused"])
def test_rows_become_what_they_would_be_today(tmp_path: Path, mapping: str) -> None:
    """Every captured span that an older mapping stored is as if it had been sent today.

    What was sent of it is the same before and after.
    """
    files, before = {}, {}
    for folder in FOLDERS:
        rows = marked(spans_of(folder, confused()), "0")
        path = commit(tmp_path, unmapped(rows) if mapping == "none" else rows, "spans")
        files[path], before[path] = folder, raw_of(path)
    attributes = [pq.read_table(path)["attribute_types"] for path in files]
    assert attributes != [spans_of(folder)["attribute_types"] for folder in FOLDERS]
    done = again(tmp_path)
    assert (done.files, done.skipped) == (len(FOLDERS), 0)
    for path, folder in files.items():
        today = spans_of(folder)
        assert stored(path).equals(today.combine_chunks()), folder
        assert raw_of(path).equals(before[path]), folder
        assert [request.digest for request in read_requests(path)] == ["f" * 32]
    assert done.spans == sum(map(len, before.values()))


def test_twice_is_once(tmp_path: Path) -> None:
    """What was renormalised is current: doing it again touches no file, and changes nothing."""
    spans = [commit(tmp_path, unmapped(spans_of(folder)), "spans") for folder in FOLDERS[:5]]
    logs = write(tmp_path, {"body": "x"}, table="logs", schema=pa.schema([LOGS.field("body")]))
    write(tmp_path, {"trace_id": "t"}, table="logs")
    assert again(tmp_path).files == len(spans) + 1
    inodes = [path.stat().st_ino for path in [*spans, logs]]
    assert again(tmp_path) == Renormalized(0, 0, 0, skipped=len(spans) + 2, damaged=())
    assert [path.stat().st_ino for path in [*spans, logs]] == inodes
    before = [stored(path) for path in spans]
    assert again(tmp_path, force=True).files == len(spans) + 2
    assert [stored(path) for path in spans] == before


EXPERIMENTS = [
    ({"experiment": "header", "service_name": None}, {}, "header"),
    ({"experiment": "header", "service_name": "old"}, {"service.name": "new"}, "header"),
    ({"experiment": "old", "service_name": "old"}, {"service.name": "new"}, "new"),
    ({"experiment": "default", "service_name": None}, {"service.name": "new"}, "new"),
    ({"experiment": "default", "service_name": "s"}, {"service.name": "s"}, "default"),
    ({"experiment": None}, {"service.name": "s"}, "s"),
    ({"experiment": None}, {}, "default"),
    ({"experiment": "header"}, {"spanlake.experiment": "own"}, "own"),
]


@pytest.mark.parametrize(("columns", "resource", "expected"), EXPERIMENTS)
def test_the_experiment_of_a_header_stays(
    tmp_path: Path, columns: Row, resource: Mapping[str, str], expected: str
) -> None:
    """An experiment that only its request named is kept; one that follows from others is not."""
    types = "s" * len(resource)
    known = {"resource": list(resource.items()), "resource_types": types, **NO_ATTRIBUTES}
    path = write(tmp_path, span("1", **{**known, **columns}))
    for force in (False, True):
        again(tmp_path, force=force)
        assert stored(path)["experiment"].to_pylist() == [expected]


NO_ATTRIBUTES: Row = {"attributes": [], "attribute_types": ""}


def known_span(span_id: str = "1", **columns: object) -> Row:
    """A span without anything to be mapped, by today's mapping unless said otherwise."""
    return span(span_id, **{**NO_ATTRIBUTES, **CURRENT, "resource_types": "", **columns})


@pytest.mark.parametrize(
    ("rows", "is_stale"),
    [
        ([known_span()], False),
        ([known_span(), known_span("2", semconv_version="0")], True),
        ([known_span(semconv_version=None)], True),
        ([known_span(**PRICED_CALL, cost_usd=0.1, price_version=PRICE_VERSION)], False),
        ([known_span(**PRICED_CALL, cost_usd=0.1, price_version="older")], True),
        ([known_span(**PRICED_CALL, cost_usd=0.1, cost_source="reported")], False),
        ([known_span(), known_span("2", **PRICED_CALL)], True),
        ([known_span(**usage(9), model="nobody knows")], False),
        ([], False),
    ],
)
def test_only_what_is_stale_is_rewritten(tmp_path: Path, rows: list[Row], is_stale: bool) -> None:  # noqa: FBT001
    """A file is, with a row of other versions, or one that has had no price and has one now."""
    write(tmp_path, *rows)
    assert again(tmp_path).files == is_stale
    assert again(tmp_path).files == 0


def test_a_price_that_has_become_known_is_filled_in(tmp_path: Path) -> None:
    """A call that no price was known for has a cost as soon as one is."""
    path = write(tmp_path, known_span(**PRICED_CALL))
    again(tmp_path)
    (row,) = stored(path).to_pylist()
    assert (row["cost_usd"] > 0, row["price_version"]) == (True, PRICE_VERSION)


def test_an_old_file_takes_the_columns_of_today(tmp_path: Path) -> None:
    """Columns that came later are added; one that only a later version knows is not lost."""
    rows = spans_of(FOLDERS[0])
    later = pa.repeat("later", len(rows))
    old = rows.drop_columns(["evaluations", "dialect", "tool_result"]).append_column("new", later)
    path = commit(tmp_path, old, "spans")
    assert again(tmp_path).spans == len(rows)
    after = pq.read_table(path)
    assert after.column_names == [*SPANS.names, "new"]
    assert after.drop_columns("new").cast(SPANS) == rows
    assert after["new"].to_pylist() == later.to_pylist()


def test_log_records_take_the_columns_of_their_events(tmp_path: Path) -> None:
    """Every captured log record is as if it had been sent today, and keeps its experiment."""
    today = {}
    for folder in FOLDERS:
        rows = tabulate_logs(submissions(folder, Signal.LOGS)).rows
        if len(rows):
            old = rows.drop_columns(LOG_CONTENT.names)
            today[commit(tmp_path, old.drop_columns("severity_text"), "logs")] = rows
    done = again(tmp_path)
    assert (done.files, done.logs) == (len(today), sum(map(len, today.values())))
    for path, rows in today.items():
        expected = rows.set_column(
            rows.column_names.index("severity_text"),
            LOGS.field("severity_text"),
            pa.nulls(len(rows), pa.string()),
        )
        assert stored(path, LOGS).equals(expected.combine_chunks())
    assert again(tmp_path).files == 0


def test_a_log_record_that_means_something_else_now_is_rewritten(tmp_path: Path) -> None:
    """Records have no version; what they say is compared with what is stored."""
    path = write(tmp_path, {"body": "x", "input_messages": "no longer"}, table="logs")
    assert again(tmp_path).logs == 1
    assert stored(path, LOGS)["input_messages"].to_pylist() == [None]


@pytest.mark.parametrize(("since", "rewritten"), [(None, 2), (NOON, 2), (60, 1), (3600, 0)])
def test_since(tmp_path: Path, since: datetime | int | None, rewritten: int) -> None:
    """Only files are rewritten in which anything started since then, and those as a whole."""
    stale: Row = {**NO_ATTRIBUTES, "resource_types": "", "semconv_version": "0"}
    write(tmp_path, span("1", **stale), span("2", start_ms=1000, **stale))
    newer = span("4", start_ms=60_000, **stale)
    path = write(tmp_path, span("3", **stale), newer)
    write(tmp_path, {"time": NOON_NS // 1000, "body": "x"}, table="logs")
    after = NOON + timedelta(seconds=since) if isinstance(since, int) else since
    assert again(tmp_path, since=after).files == rewritten
    versions = set(stored(path)["semconv_version"].to_pylist())
    assert versions == {SEMCONV_VERSION if rewritten else "0"}
    forced = again(tmp_path, since=after, force=True)
    assert (forced.files, forced.logs) == (rewritten + (rewritten == 2), rewritten == 2)


def test_a_damaged_file_is_named_and_the_others_are_done(tmp_path: Path) -> None:
    """Files that cannot be read are left as they are."""
    paths = [write(tmp_path, known_span(semconv_version="0")) for _ in range(3)]
    paths[1].write_bytes(b"not Parquet")
    done = again(tmp_path)
    assert (done.files, done.skipped, [each.path for each in done.damaged]) == (2, 0, [paths[1]])
    assert "Parquet" in done.damaged[0].reason
    assert paths[1].read_bytes() == b"not Parquet"


def test_a_failed_replacement_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a new file cannot be made durable the old one stays, whole, and it ends there."""
    path = write(tmp_path, known_span(semconv_version="0"))
    content = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(UserError, match=rf"^{path} cannot be replaced \(No space left"):
            again(tmp_path)
    assert path.read_bytes() == content
    assert beside_notes(path.parent) == [path]
    assert again(tmp_path).files == 1


def test_a_commit_that_is_taken_back_meanwhile_stays_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may remove a file whose commit failed; it does not come back."""
    path = write(tmp_path, known_span(semconv_version="0"))
    fsync = os.fsync

    def take_back(descriptor: int) -> None:
        path.unlink(missing_ok=True)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", take_back)
    assert again(tmp_path).files == 0
    assert beside_notes(path.parent) == []


def test_progress_goes_from_none_to_all(tmp_path: Path) -> None:
    """Whoever waits is told before each file, and at the end."""
    write(tmp_path, known_span())
    write(tmp_path, {"body": "x"}, table="logs")
    told: list[tuple[int, int]] = []
    renormalize(
        Layout(tmp_path),
        default_normaliser(),
        Selection(),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_queries_see_whole_files_meanwhile(tmp_path: Path) -> None:
    """A lake that is open answers from the old rows of a file or the new ones, never from both."""
    rows = spans_of("openinference-openai")
    for version in ("0", SEMCONV_VERSION):
        commit(tmp_path, marked(unmapped(rows), version), "spans")
    query = (
        "SELECT span_id, count(*), any_value(attributes), any_value(events) FROM spans GROUP BY 1"
    )

    def rewrite() -> None:
        for _ in range(20):
            again(tmp_path, force=True)

    with Lake(tmp_path) as lake:
        before = sorted(lake.sql(query).fetchall(), key=str)
        worker = threading.Thread(target=rewrite)
        worker.start()
        answers = 0
        while worker.is_alive() or not answers:
            assert sorted(lake.sql(query).fetchall(), key=str) == before
            answers += 1
        worker.join()


def _delete(data: Path, trace_id: str) -> None:
    delete_traces(Layout(data), [trace_id], progress=quiet)


def _again(data: Path) -> None:
    again(data)


def test_a_deletion_at_the_same_time_is_not_undone(tmp_path: Path) -> None:
    """Of two processes, one that deletes and one that renormalises, both are in the result."""
    for number in range(20):
        stale = [known_span(f"{number}", trace_id=each, semconv_version="0") for each in "ab"]
        write(tmp_path, *stale)
    default_normaliser()
    context = get_context("fork")
    running = [
        context.Process(target=_again, args=(tmp_path,)),
        context.Process(target=_delete, args=(tmp_path, "a")),
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(30)
        assert process.exitcode == 0
    rows = pa.concat_tables([stored(path) for path in Layout(tmp_path).hot_files("spans")])
    assert set(rows["trace_id"].to_pylist()) == {"b"}
    assert set(rows["semconv_version"].to_pylist()) == {SEMCONV_VERSION}
    assert len(rows) == 20
