"""Tail sampling over stored traces: what stays, for how many, and that it is decided once."""

import hashlib
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from rows import NOON_NS, Row, span, usage, write

from spanlake.config import TailSampling
from spanlake.config.sampling import KeptTraces
from spanlake.entities.label_schema import InputPassFail
from spanlake.entities.review import ItemTarget
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.items import NewItem, add_items
from spanlake.storage.catalog.labels.queues import QueuePlan, create_queue
from spanlake.storage.catalog.labels.schemas import create_label_schema
from spanlake.storage.catalog.location import default_location
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.rewrite import Rewriting, StoredFile
from spanlake.storage.sampling.judge import judge
from spanlake.storage.sampling.tail import Sampled, sample_dry
from spanlake.storage.schema import SPANS
from spanlake.storage.summaries.build import SummaryBuilder
from spanlake.storage.upkeep import Upkeep
from spanlake.storage.verify import verify

NOON = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
LATER = NOON + timedelta(hours=2)
HALF = TailSampling(sampling_percentage=50.0)
COUNT = 60
# Those from here on were sampled when they came, and stand for ten.
THINNED = 50
TEN = 10.0


def trace_id(number: int) -> str:
    return hashlib.md5(f"trace {number}".encode(), usedforsecurity=False).hexdigest()


IDS = [trace_id(number) for number in range(COUNT)]


def drawn(trace: str) -> bool:
    """Whether a trace is among the half that stays, by the documented rule."""
    digest = hashlib.md5(trace.encode(), usedforsecurity=False).hexdigest()
    return int(digest[:13], 16) / 2**52 < 0.5


# The first two failed, and stand for themselves.
EXPECTED = {
    each: (1.0 if number < 2 else 2.0) * (TEN if number >= THINNED else 1.0)
    for number, each in enumerate(IDS)
    if number < 2 or drawn(each)
}


def spans(number: int) -> tuple[Row, Row]:
    """A trace of an agent and a model call that costs a cent."""
    of_both: Row = {
        "trace_id": trace_id(number),
        "sample_weight": TEN if number >= THINNED else None,
    }
    root = span("root", duration_ms=1000, session_id=f"s{number}", is_error=number < 2)
    call = span("call", "root", span_type="LLM", model="m", cost_usd=0.01, **usage(10, 5))
    return {**root, **of_both}, {**call, **of_both}


def record(trace: str | None) -> Row:
    time = NOON_NS // 1000
    return {"body": "x", "trace_id": trace, "time": time, "received_at": time}


def seal(data: Path) -> None:
    upkeep = Upkeep(Layout(data))
    upkeep.run("spans")
    upkeep.run("logs")
    upkeep.sum_up()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sealed traces in three files, the first two of which failed, with their log records."""
    folder = tmp_path_factory.mktemp("filled")
    upkeep = Upkeep(Layout(folder))
    for start in range(0, COUNT, 20):
        write(folder, *(row for number in range(start, start + 20) for row in spans(number)))
        upkeep.run("spans")
    write(folder, *map(record, [*IDS, None]), table="logs")
    upkeep.run("logs")
    upkeep.sum_up()
    return folder


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    """A lake of one's own that is filled so."""
    return shutil.copytree(filled, tmp_path / "lake")


def weights(data: Path, view: str = "traces", as_of: datetime | None = None) -> dict[str, float]:
    with Lake(data, as_of=as_of) as lake:
        found = lake.sql(f"SELECT trace_id, sample_weight FROM {view}").fetchall()  # noqa: S608  # of ours
        return dict(found)


def sampled(data: Path, policy: TailSampling = HALF, *, now: datetime = LATER) -> Sampled:
    return Upkeep(Layout(data)).sample(policy, now=now)


class _Done(NamedTuple):
    """A lake that was sampled. tried: what a dry run said before. changed: files it changed."""

    data: Path
    tried: Sampled
    changed: list[Path]
    done: Sampled


def _files(data: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in data.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def done(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> _Done:
    """Half of the others are kept."""
    data = shutil.copytree(filled, tmp_path_factory.mktemp("done") / "lake")
    before = _files(data)
    tried = sample_dry(Layout(data), HALF, now=LATER, progress=lambda *_: None)
    after = _files(data)
    changed = [file for file in after if after[file] != before.get(file)]
    return _Done(data, tried, changed, sampled(data))


def test_errors_stay_and_of_the_rest_a_part(done: _Done) -> None:
    """Of half of the others each stands for two, or for twenty if it stood for ten when it came."""
    assert weights(done.data) == EXPECTED
    gone = COUNT - len(EXPECTED)
    decisions = {"error": 2, "sampled": len(EXPECTED) - 2, "dropped": gone}
    assert done.done.decisions == decisions
    assert (done.done.removed.spans, done.done.removed.logs) == (2 * gone, gone)
    assert done.done.removed.size_bytes > 0


def test_a_dry_run_says_the_same_and_changes_nothing(done: _Done) -> None:
    """What it says would go is what goes then."""
    assert done.tried == done.done
    assert done.changed == []


def test_every_view_has_the_weight(done: _Done) -> None:
    """Spans and calls have the weight of their trace, and a session that of its traces."""
    with Lake(done.data) as lake:
        for view in ("spans", "llm_calls"):
            rows = lake.sql(f"SELECT DISTINCT trace_id, sample_weight FROM {view}").fetchall()  # noqa: S608  # of ours
            assert sorted(rows) == sorted(EXPECTED.items())
        found = lake.sql("SELECT session_id, sample_weight FROM sessions").fetchall()
    assert dict(found) == {f"s{IDS.index(each)}": weight for each, weight in EXPECTED.items()}


def test_log_records_go_with_their_trace(done: _Done) -> None:
    """Those of traces that go do, too; others stay."""
    with Lake(done.data) as lake:
        left = {trace for (trace,) in lake.sql("SELECT trace_id FROM logs").fetchall()}
    assert left == {*EXPECTED, None}


def test_a_trace_is_judged_once(done: _Done) -> None:
    """Whoever judges again, by whatever policy, finds nothing to do."""
    policy = TailSampling(sampling_percentage=1.0)
    assert len(judge(done.data, policy, now=LATER, hot=()).plan) == 0


def test_sums_that_are_kept_are_those_of_the_rows(done: _Done) -> None:
    """What is kept of traces says what their rows say, of which an earlier moment is asked."""
    assert weights(done.data) == weights(done.data, as_of=LATER)


def test_nothing_is_damaged(done: _Done) -> None:
    """Every file that is left is as its digest and the log of its table say."""
    assert not verify(Layout(done.data), progress=lambda *_: None).damage


def test_traces_settle_first(data: Path) -> None:
    """What has got a span lately, or has one that is not sealed, is left."""
    young, hot = IDS[2:4]
    write(data, span("late", "root", trace_id=young, received_ms=90 * 60_000))
    Upkeep(Layout(data)).run("spans")
    file = write(data, span("late", "root", trace_id=hot))
    early = NOON + timedelta(minutes=30)
    assert len(judge(data, HALF, now=early, hot=[file]).plan) == 0
    plan = judge(data, HALF, now=LATER, hot=[file]).plan
    assert set(plan["trace_id"].to_pylist()) == set(IDS) - {young, hot}


def test_late_spans_share_the_judgement(done: _Done, tmp_path: Path) -> None:
    """A span of a kept trace gets its weight; one of a trace that is gone is judged by itself."""
    data = shutil.copytree(done.data, tmp_path / "lake")
    kept = next(each for each in EXPECTED if EXPECTED[each] == 2.0)
    gone, failed = [each for each in IDS if each not in EXPECTED][:2]
    write(
        data,
        span("late", "root", trace_id=kept),
        span("late", "root", trace_id=gone),
        span("late", "root", trace_id=failed, is_error=True),
    )
    assert weights(data)[kept] == 2.0
    seal(data)
    assert sampled(data).decisions == {"late": 1, "dropped": 1, "error": 1}
    assert weights(data) == {**EXPECTED, failed: 1.0}
    with Lake(data) as lake:
        query = "SELECT span_id, sample_weight FROM spans WHERE trace_id = ?"
        rows = lake.sql(query, [kept]).fetchall()
    assert sorted(rows) == [("call", 2.0), ("late", 2.0), ("root", 2.0)]


class Killed(BaseException):
    """The process is no more."""


def test_what_was_cut_short_is_ended_as_it_was_begun(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash between files the rest follows the old policy, and no weight doubles."""
    left = iter(range(2))  # of the log records, and of one file of spans
    replace = Rewriting.replace

    def some(self: Rewriting, file: StoredFile, rows: Iterable[pa.Table]) -> None:
        if next(left, None) is None:
            raise Killed
        replace(self, file, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Rewriting, "replace", some)
        with pytest.raises(Killed):
            sampled(data)
    assert sampled(data, TailSampling(sampling_percentage=100.0)) == Sampled()
    assert weights(data) == weights(data, "spans") == EXPECTED
    assert not (data / "sampling" / "plan.parquet").exists()


def test_a_crash_before_the_sums_is_made_good(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all files are done and the sums are not, the next one sums up what has changed."""

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(SummaryBuilder, "build", killed)
        with pytest.raises(Killed):
            sampled(data)
    # Also where nobody samples any more.
    Upkeep(Layout(data)).sum_up()
    assert weights(data) == EXPECTED


def test_where_all_stay_nothing_is_marked(filled: Path) -> None:
    """At 100 % no trace is judged, so that no file is written anew for it."""
    assert len(judge(filled, TailSampling(), now=LATER, hot=()).plan) == 0


def test_a_plan_that_is_damaged_is_made_anew(data: Path) -> None:
    """It says nothing, and does not stand in the way."""
    (data / "sampling").mkdir()
    (data / "sampling" / "plan.parquet").write_bytes(b"PAR1 and no more")
    assert sum(sampled(data).decisions.values()) == COUNT


def assessment(trace: str | None, name: str, **columns: object) -> Row:
    return {
        "assessment_id": f"{trace}{name}",
        "kind": "feedback",
        "name": name,
        "trace_id": trace,
        "created_at": NOON,
        "received_at": NOON,
    } | columns


@pytest.fixture(scope="module")
def assessed(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With assessments of some traces and a session; a run and a queue refer to three traces."""
    data = shutil.copytree(filled, tmp_path_factory.mktemp("assessed") / "lake")
    write(
        data,
        assessment(trace_id(10), "helpful", value="0.2", value_double=0.2),
        assessment(trace_id(11), "helpful", value="0.9", value_double=0.9),
        assessment(trace_id(12), "safe", value="false", value_bool=False),
        assessment(trace_id(13), "safe", value='"No"', value_string="No"),
        assessment(trace_id(14), "safe", value="true", value_bool=True),
        assessment(trace_id(16), "helpful", kind="expectation", value="0.1", value_double=0.1),
        assessment(None, "helpful", value="0.1", value_double=0.1, session_id="s15"),
        table="assessments",
    )
    row = {"run_id": "r", "kind": "row", "trace_id": trace_id(20)}
    write(data, row | {"created_at": NOON, "received_at": NOON}, table="run_results")
    with Catalog.open(default_location(data)) as catalog:
        create_label_schema(catalog, "good", type="feedback", input=InputPassFail())
        create_queue(catalog, QueuePlan(name="q", schemas=["good"]))
        targets = [ItemTarget(trace_id(21)), ItemTarget(session_id="s22")]
        add_items(catalog, "q", map(NewItem, targets))
    return data


@pytest.mark.parametrize(
    ("keep", "numbers"),
    [
        (KeptTraces(errors=False), []),
        (KeptTraces(errors=False, scored_below={"helpful": 0.5}), [10, 15]),
        (KeptTraces(errors=False, failed=("safe",)), [12, 13]),
        (KeptTraces(slower_than=2.0, dearer_than=0.02, assessed=True), [0, 1, *range(10, 17)]),
        (KeptTraces(errors=False, slower_than=0.5), [*range(COUNT)]),
        (KeptTraces(errors=False, dearer_than=0.005), [*range(COUNT)]),
    ],
)
def test_what_is_worth_keeping_stays(assessed: Path, keep: KeptTraces, numbers: list[int]) -> None:
    """Errors, slow, dear, badly scored and assessed traces where asked; those in use always."""
    policy = TailSampling(sampling_percentage=0.0, keep=keep)
    plan = judge(assessed, policy, now=LATER, hot=()).plan
    kept = plan.filter(pc.equal(plan["tail_weight"], 1.0))["trace_id"].to_pylist()
    assert set(kept) == {trace_id(number) for number in (*numbers, 20, 21, 22)}


def test_traces_that_tell_of_one_response_stay_or_go_together(tmp_path: Path) -> None:
    """Else one that is not billed beside the other would be billed alone, at its weight."""
    pairs = list(zip(IDS[::2], IDS[1::2], strict=True))
    rows = [
        span("call", trace_id=each, response_id=f"of {pair[0]}", span_type="LLM", **usage(1, 1))
        for pair in pairs
        for each in pair
    ]
    # Half of a pair is not settled yet, so that all of it waits; later, one is asked for again.
    rows.append(span("late", trace_id=pairs[0][1], received_ms=90 * 60_000))
    again = {"trace_id": "again", "response_id": f"of {pairs[1][0]}"}
    rows.append({**span("call", start_ms=5000), **again})
    write(tmp_path, *rows)
    plan = judge(tmp_path, HALF, now=LATER, hot=()).plan.to_pylist()
    found = {row["trace_id"]: row["tail_weight"] for row in plan}
    for pair in pairs[1:]:
        expected = 2.0 if drawn(min(pair)) else 0.0
        assert [found.pop(each) for each in pair] == [expected, expected]
    assert found == {"again": 2.0 if drawn("again") else 0.0}


def test_files_of_an_older_version_are_judged(tmp_path: Path) -> None:
    """Spans without the columns of sampling are not judged yet, and get them."""
    old = SPANS.remove(SPANS.get_field_index("tail_weight"))
    old = old.remove(old.get_field_index("sample_weight"))
    kept = next(filter(drawn, IDS))
    write(tmp_path, span("root", trace_id=kept), schema=old)
    Upkeep(Layout(tmp_path)).run("spans")
    sampled(tmp_path)
    assert weights(tmp_path) == {kept: 2.0}
