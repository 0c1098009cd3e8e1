"""Verdicts that a model did not give, and why a trace has none."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rows import span, write

import spanlake
from spanlake.errors import UserError
from spanlake.evaluation.evaluate import evaluate
from spanlake.evaluation.models.errors import UNANSWERED
from spanlake.evaluation.score import score
from spanlake.evaluation.scorers import ScorerError, scorer
from spanlake.scorers import Equivalence, Safety, make_scorer_ensemble
from spanlake.testing import Fault, ModelServer, OfflineModel

IDS = [f"{number:032x}" for number in range(4)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four traces, a second apart."""
    folder = tmp_path / "lake"
    write(
        folder,
        *(
            span("1" * 16, trace_id=each, start_ms=1000 * number, input="a", output=f"b{number}")
            for number, each in enumerate(IDS)
        ),
    )
    return folder


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is named, and no key is set."""
    for name in ("SPANLAKE_JUDGE_MODEL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    with spanlake.connect(data) as lake:
        return lake.sql(query).fetchall()


def test_what_a_model_did_not_answer_is_asked_for_again(data: Path) -> None:
    """A busy model leaves no verdict behind, alone or in an ensemble; a failed scorer does."""
    is_busy = True

    @scorer
    def judge(outputs: str) -> bool:
        if outputs == "b0":
            raise ScorerError("too long", "MODEL_REPLY_TOO_LARGE")
        if is_busy and outputs in ("b1", "b2"):
            raise ScorerError("come again", "MODEL_RATE_LIMITED")
        return True

    panel = make_scorer_ensemble("panel", [judge], "all")
    first = score([judge, panel], lake=data)
    assert (first.scored, first.errors, first.unanswered) == ({"judge": 4, "panel": 4}, 6, 4)
    states = "SELECT state, count(*) FROM ledger GROUP BY ALL ORDER BY ALL"
    assert ask(data, states) == [("error", 2), ("scored", 2), ("unanswered", 4)]
    is_busy = False
    again = score([judge, panel], lake=data)
    assert (again.scored, again.errors) == ({"judge": 2, "panel": 2}, 0)
    assert ask(data, states) == [("error", 2), ("scored", 6)]
    assert score([judge, panel], lake=data).run_id is None


def test_a_run_that_goes_on_asks_again(tmp_path: Path) -> None:
    """The answer takes the place of the verdict that there was none, wherever one looks."""
    is_busy = True

    @scorer
    def judge(outputs: int) -> bool:
        if is_busy and outputs > 0:
            raise ScorerError("come again", "MODEL_UNAVAILABLE")
        return True

    rows = [{"inputs": {"n": n}, "outputs": n} for n in range(3)]
    busy = evaluate(rows, None, [judge], lake=tmp_path)
    assert busy.reason == "judge has 2 errors"
    is_busy = False
    done = evaluate(rows, None, [judge], run_id=busy.run_id, lake=tmp_path)
    assert (done.passed, done.metrics["judge/mean"]) == (True, 1.0)
    verdicts = "SELECT count(*), count(error_code) FROM assessments WHERE name = 'judge'"
    assert ask(tmp_path, verdicts) == [(3, 0)]
    assert ask(tmp_path, verdicts.replace("assessments", "run_results")) == [(3, 0)]


def test_sql_and_python_know_the_same_codes(tmp_path: Path) -> None:
    """What SQL takes for unanswered is what the errors of models say of themselves."""
    write(tmp_path, span("1" * 16))
    codes = sorted({*UNANSWERED, "SCORER_ERROR", "JUDGE_REFUSED", "MODEL_REQUEST_REJECTED"})
    with spanlake.connect(tmp_path) as lake:
        rows = lake.sql(
            "SELECT code FROM (SELECT unnest($codes) AS code) WHERE lake.is_unanswered(code)",
            {"codes": codes},
        ).fetchall()
    assert {code for (code,) in rows} == UNANSWERED


def test_why_a_trace_was_not_scored(data: Path) -> None:
    """For each trace without a verdict `unscored` has the reason and what is known of it."""

    @scorer
    def judge(outputs: str) -> bool:
        raise ScorerError("come again", "MODEL_TIMEOUT" if outputs else "X")

    @scorer
    def fine(outputs: str) -> bool:
        return bool(outputs)

    score([judge], limit=1, lake=data)
    score([fine], since=datetime(2100, 1, 1, tzinfo=UTC), lake=data)
    with spanlake.connect(data) as lake:
        first = lake.sql("SELECT min(start_time) FROM traces").fetchall()[0][0]
    score([fine], where="output != 'b1'", since=first, lake=data)
    evaluate([{"inputs": {"object": 1}}], str, lake=data)
    late = f"{9:032x}"
    write(data, span("1" * 16, trace_id=late, start_ms=10**11))
    why = "SELECT trace_id, reason, detail, error_code FROM unscored WHERE scorer_name = '{}'"
    rows = {row[0]: row[1:] for row in ask(data, why.format("judge"))}
    assert rows[IDS[0]] == ("unanswered", "come again", "MODEL_TIMEOUT")
    assert rows[IDS[1]] == ("not_chosen", "at most 1", None)
    assert rows[late] == ("new", "it is newer than the last run", None)
    assert sorted(reason for reason, *_ in rows.values()) == [
        *["evaluation", "new"],
        *["not_chosen"] * 3,
        "unanswered",
    ]
    rows = {row[0]: row[1:] for row in ask(data, why.format("fine"))}
    assert rows[IDS[1]] == ("not_chosen", "where output != 'b1'", None)
    assert IDS[0] not in rows


@pytest.mark.usefixtures("no_keys")
def test_a_judge_without_a_key_is_told_of_before_anything_is_done(data: Path) -> None:
    """One error names the variable to set, and no run begins; what needs no model needs no key."""
    rows = [{"inputs": {"q": "?"}, "outputs": 1, "expectations": {"expected_response": 1}}]
    judge = Safety(model="openai:/gpt-4o-mini")
    panel = make_scorer_ensemble("panel", [judge], "all")
    for each in (judge, panel):
        with pytest.raises(UserError, match=r"needs a key, and OPENAI_API_KEY is not set; set it"):
            evaluate(rows, None, [each], lake=data)
        with pytest.raises(UserError, match="OPENAI_API_KEY is not set"):
            score([each], lake=data)
    with pytest.raises(UserError, match="set SPANLAKE_JUDGE_MODEL, or give model="):
        evaluate(rows, None, [Safety()], lake=data)
    with pytest.raises(UserError, match="no known price, so a budget of 1 USD cannot hold it"):
        evaluate(rows, None, [Safety(model=OfflineModel("yes"))], budget_usd=1, lake=data)
    assert ask(data, "FROM runs") == []
    assert evaluate(rows, None, [Equivalence(model="openai:/gpt-4o-mini")], lake=data).passed
    with pytest.raises(UserError, match=r"OPENAI_API_KEY is not set.*run_id=\w+ goes on with"):
        evaluate(
            [{"inputs": {"q": "?"}, "outputs": "a", "expectations": {"expected_response": "b"}}],
            None,
            [Equivalence(model="openai:/gpt-4o-mini")],
            lake=data,
        )
    assert score([judge], dry_run=True, lake=data).plan[0].targets == 4


def test_a_denied_judge_ends_the_run_at_once(data: Path) -> None:
    """A wrong key is one error, not one a row; with the right one everything is scored."""
    verdict = {"rationale": "so", "verdict": "yes"}
    with ModelServer([Fault(401)]) as server:
        judge = Safety(model=server.model("gpt-4o-mini"))
        with pytest.raises(UserError, match=r"answered 401.*set \w+ to a key that may use it"):
            score([judge], concurrency=1, lake=data)
        asked = len(server.requests)
    assert asked == 1
    assert ask(data, "SELECT state, reason LIKE '%401%' FROM runs") == [("stopped", True)]
    assert ask(data, "SELECT DISTINCT reason FROM unscored WHERE trace_id LIKE '0000%'") == [
        ("run_not_finished",)
    ]
    judge = Safety(model=OfflineModel(verdict))
    assert score([judge], lake=data).scored == {"safety": 4}
