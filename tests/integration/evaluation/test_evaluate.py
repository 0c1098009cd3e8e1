"""Evaluations, from data to results."""

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from opentelemetry import trace as otel

import spanlake
from spanlake import datasets
from spanlake.entities import Feedback, Session, Trace
from spanlake.errors import UserError
from spanlake.evaluation.evaluate import evaluate
from spanlake.evaluation.harness.data import StoredTraces
from spanlake.evaluation.scorers import ScorerError, scorer
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.storage.trace_reader.reader import load_traces

if TYPE_CHECKING:
    from spanlake.evaluation.harness.progress import Progress

QA: list[dict[str, Any]] = [
    {"inputs": {"question": "2+2?"}, "expectations": {"answer": "4"}, "tags": {"topic": "math"}},
    {"inputs": {"question": "capital?"}, "expectations": {"answer": "Paris"}},
    {"inputs": {"question": "broken?"}, "expectations": {"answer": "no"}},
]


def app(question: str) -> str:
    """Answer questions, most of them."""
    with otel.get_tracer("app").start_as_current_span("look up"):
        return {"2+2?": "4", "capital?": "London"}[question]


@scorer
def exact(outputs: str, expectations: dict[str, str]) -> bool:
    """Whether the answer is the expected one."""
    return outputs == expectations["answer"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory for the lake."""
    return tmp_path / "lake"


@scorer
def length(outputs: str) -> int:
    """How long the answer is."""
    return len(outputs)


@scorer
def said(outputs: object) -> object:
    """The answer itself."""
    return outputs


def ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    with spanlake.connect(data) as lake:
        return lake.sql(query).fetchall()


def test_an_app_on_a_dataset(data: Path) -> None:
    """A run has a result for every row, a trace for every call, and metrics of the verdicts."""
    qa = datasets.create_dataset("qa", data=data)
    qa.merge_records(QA)
    result = evaluate("qa", app, [exact], name="first", experiment="support", lake=data)
    assert result.metrics == {"exact/mean": 0.5, "exact/error_count": 1}
    assert (result.passed, result.row_count, result.error_count) == (False, 3, 1)
    assert result.reason == "1 of 3 rows failed; exact fails 1 of 3"
    frame = result.result_df
    assert frame["exact/value"].tolist() == [True, False, None]
    assert frame["outputs"].tolist()[:2] == ["4", "London"]
    assert frame["error_message"].tolist() == [None, None, "KeyError: 'broken?'"]
    assert frame["request_id"].tolist() == [each.record_id for each in qa.records]
    traces = ask(
        data, "SELECT input, output, status_code, span_count, experiment FROM traces ORDER BY input"
    )
    assert traces == [
        ("2+2?", "4", "UNSET", 2, "support"),
        ("broken?", None, "ERROR", 2, "support"),
        ("capital?", "London", "UNSET", 2, "support"),
    ]
    runs = ask(data, "SELECT name, state, dataset_name, dataset_version, passed FROM runs")
    assert runs == [("first", "finished", "qa", 1, False)]
    verdicts = ask(
        data, "SELECT value, error_code, run_id FROM assessments ORDER BY value::VARCHAR"
    )
    assert verdicts == [
        ("false", None, result.run_id),
        ("true", None, result.run_id),
        (None, "NO_ANSWER", result.run_id),
    ]


def test_answers_that_are_there(data: Path) -> None:
    """Rows with outputs are scored as they are; in a DataFrame as in a list."""
    rows = [{**row, "outputs": "4"} for row in QA]
    for given in (rows, pd.DataFrame(rows)):
        result = evaluate(given, None, [exact], quality_criteria="exact >= 0.3", lake=data)
        assert result.metrics["exact/mean"] == pytest.approx(1 / 3)
        assert result.passed


def test_duplicates_are_rows_of_their_own(data: Path) -> None:
    """Equal inputs in a list are each answered, and each has its verdict."""
    rows = [{"inputs": {"n": 1}, "outputs": n} for n in range(3)]
    result = evaluate(rows, None, [said], lake=data)
    ids = result.result_df["request_id"].tolist()
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]
    assert result.result_df["said/value"].tolist() == [0, 1, 2]


def test_an_empty_dataset(data: Path) -> None:
    """Without rows there is a run, which does not pass, and says why."""
    datasets.create_dataset("empty", data=data)
    result = evaluate("empty", app, [exact], lake=data)
    assert (result.metrics, result.passed, result.reason) == ({}, False, "there are no rows")
    judged = evaluate("empty", app, [exact], quality_criteria="exact >= 0.5", lake=data)
    assert (judged.passed, judged.reason) == (False, "exact has no value, not >= 0.5")


def test_scorers_see_the_trace(data: Path) -> None:
    """A scorer of traces has the spans of the row's own call."""

    @scorer
    def spans(trace: Trace) -> list[Feedback]:
        names = [each.name for each in trace.spans]
        return [Feedback(name="count", value=len(names)), Feedback(name="names", value=names[-1])]

    result = evaluate(QA[:2], app, [spans], repetitions=2, lake=data)
    assert result.metrics["count/mean"] == 2
    assert result.row_count == 4
    assert result.result_df["names/value"].tolist() == ["look up"] * 4
    assert result.result_df["repetition"].tolist() == [0, 1, 0, 1]
    assert result.result_df["trace"].nunique() == 4


def test_stored_traces_and_sessions(data: Path) -> None:
    """Stored traces are scored again, each one alone, and each session as a whole."""

    @scorer
    def turns(session: Session) -> int:
        return len(session.traces)

    def in_session(question: str) -> str:
        otel.get_current_span().set_attribute("session.id", "s-1")
        return question.upper()

    first = evaluate(QA, in_session, [exact], lake=data)
    result = evaluate(StoredTraces(where="output IS NOT NULL"), None, [turns, exact], lake=data)
    assert result.metrics["turns/mean"] == 3
    assert result.metrics["exact/error_count"] == 3
    with spanlake.connect(data) as lake:
        traces = load_traces(lake, first.result_df["trace"].tolist()[:1])
    again = evaluate(traces, None, [said], lake=data)
    assert again.result_df["said/value"].tolist() == ["2+2?"]


def test_a_run_is_scored_again(data: Path) -> None:
    """The answers of a run are judged by other scorers without asking the app."""
    first = evaluate(QA[:2], app, [exact], name="first", lake=data)
    for given in ("run:first", first):
        again = evaluate(given, None, [length], lake=data)
        assert again.metrics == {"length/mean": 3.5}
        assert again.result_df["trace"].tolist() == first.result_df["trace"].tolist()


def test_a_run_goes_on_with_another_scorer(data: Path) -> None:
    """A run that is gone on with does what a new scorer lacks, and asks the app nothing."""
    calls: list[str] = []

    def counted(question: str) -> str:
        calls.append(question)
        return app(question)

    first = evaluate(QA, counted, [exact], lake=data)
    again = evaluate(QA, counted, [exact, length], run_id=first.run_id, lake=data)
    assert again.run_id == first.run_id
    assert len(calls) == 3
    assert again.metrics["exact/mean"] == 0.5
    assert again.metrics["length/mean"] == 3.5


def test_a_budget_stops_a_run(data: Path) -> None:
    """A judge that may spend no more stops the run; later it goes on where it was."""
    is_spent = True

    @scorer
    def judge(outputs: int) -> bool:
        if is_spent and outputs > 2:
            raise ScorerError("no money", "BUDGET_EXCEEDED")
        return True

    rows = [{"inputs": {"n": n}, "outputs": n} for n in range(6)]
    stopped = evaluate(rows, None, [judge], scorer_concurrency=1, lake=data)
    assert (stopped.state, stopped.passed) == ("stopped", False)
    assert stopped.reason.startswith("the budget is spent")
    judged = "SELECT count(*) FROM run_results WHERE kind = 'verdict'"
    assert ask(data, judged) == [(3,)]
    is_spent = False
    done = evaluate(rows, None, [judge], run_id=stopped.run_id, lake=data)
    assert (done.state, done.passed, ask(data, judged)) == ("finished", True, [(6,)])


def test_no_more_at_once_than_asked_for(data: Path) -> None:
    """So many calls of the app are under way at once, sync or async, and no more."""
    lock = threading.Lock()
    now, most = 0, 0

    def enter(step: int) -> None:
        nonlocal now, most
        with lock:
            now += step
            most = max(most, now)

    async def slow(n: int) -> int:
        enter(1)
        await asyncio.sleep(0.01)
        enter(-1)
        return n

    evaluate([{"inputs": {"n": n}} for n in range(20)], slow, concurrency=4, lake=data)
    assert most == 4


def test_an_app_that_hangs(data: Path) -> None:
    """A call that takes too long is a failed row."""

    async def hangs(n: int) -> None:
        await asyncio.sleep(60 * n)

    rows = [{"inputs": {"n": n}} for n in range(2)]
    result = evaluate(rows, hangs, predict_timeout=0.05, lake=data)
    assert result.error_count == 1
    assert result.result_df["error_message"].tolist()[1] == (
        "hangs took longer than 0.05 s; set predict_timeout higher"
    )


def test_inside_an_event_loop(data: Path) -> None:
    """It runs in a notebook, where a loop is running already; progress is told on the way."""
    told: list[tuple[int, int | None, int]] = []

    def tell(progress: "Progress") -> None:
        told.append((progress.done, progress.total, progress.errors))

    async def cell() -> float:
        return evaluate(QA[:2], app, [exact], progress=tell, lake=data).metrics["exact/mean"]

    assert asyncio.run(cell()) == 0.5
    assert told[-1] == (2, 2, 0)


@pytest.mark.parametrize(
    ("given", "function", "options", "wrong"),
    [
        (QA, None, {}, "predict_fn is None, and row 1 of the 3 rows has no outputs"),
        ([{**QA[0], "outputs": 1}], app, {}, "have outputs already: leave one out"),
        (
            QA,
            lambda text: text,
            {},
            r"predict_fn is <lambda>\(text\), and the inputs have question",
        ),
        (QA, "app", {}, "predict_fn is of type str"),
        ({"inputs": {}}, app, {}, "data is of type dict: must be a dataset"),
        ([{"question": "?"}], app, {}, "row 1 has the key 'question'"),
        (QA, app, {"repetitions": 0}, "repetitions is 0: must be a whole number of 1 or more"),
        (QA, app, {"quality_criteria": "exact is 1"}, "quality_criteria, character 7"),
        ("nope", app, {}, "NAME is 'nope': no dataset is called so"),
        (QA, app, {"run_id": "nope"}, "RUN is 'nope': no run has this id"),
        (QA, app, {"scorers": [exact, exact]}, "two scorers are named exact"),
        (QA, app, {"scorers": [3]}, "scorers has 3: must be scorers"),
    ],
)
def test_what_cannot_be_evaluated(
    data: Path,
    given: Any,  # noqa: ANN401  # anything
    function: Any,  # noqa: ANN401
    options: dict[str, Any],
    wrong: str,
) -> None:
    """What cannot be evaluated is refused before anything is done, with what to do."""
    calls = options.pop("scorers", [exact])
    with pytest.raises(UserError, match=wrong):
        evaluate(given, function, calls, **options, lake=data)


def test_a_select_scores_the_traces_of_a_run(data: Path) -> None:
    """SQL scorers judge the traces that the app leaves, once, by their own idea of what passes."""
    looked_up = SqlScorer(
        name="spans",
        query="SELECT trace_id, span_count AS value FROM traces",
        pass_if=lambda count: count == 2,
    )
    by_span = SqlScorer(
        name="named", query="SELECT trace_id, span_id, name != '' AS value FROM spans"
    )
    run = evaluate(QA[:2], app, [exact, looked_up, by_span], lake=data, repetitions=2)
    assert run.metrics["spans/mean"] == 2.0
    assert ask(
        data,
        "SELECT name, target_type, count(*), bool_and(passed) FROM run_results"
        " WHERE kind = 'verdict' AND name != 'exact' GROUP BY ALL ORDER BY ALL",
    ) == [("named", "span", 8, True), ("spans", "trace", 4, True)]
    again = evaluate(QA[:2], app, [looked_up, by_span], run_id=run.run_id, lake=data)
    assert again.metrics == {"spans/mean": 2.0, "spans/pass_rate": 1.0, "named/mean": 1.0}
    rescored = evaluate(f"run:{run.run_id}", None, [looked_up], lake=data)
    assert rescored.metrics == {"spans/mean": 2.0, "spans/pass_rate": 1.0}
    with pytest.raises(UserError, match=r"over stored traces, and row 1 of the 1 rows has none"):
        evaluate([{"inputs": {"n": 1}, "outputs": 1}], None, [looked_up], lake=data)
    of_sessions = SqlScorer(name="all", query="SELECT session_id, 1 AS value FROM sessions")
    with pytest.raises(UserError, match="is a SELECT over sessions, and a run has single rows"):
        evaluate(QA, app, [of_sessions], lake=data)
