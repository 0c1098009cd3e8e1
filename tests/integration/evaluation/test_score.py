"""Stored traces and sessions scored in batches."""

from pathlib import Path
from typing import Any

import pytest
from rows import span, write

import spanlake
from spanlake.entities import Expectation, Feedback, Session, Trace
from spanlake.errors import UserError
from spanlake.evaluation.score import score
from spanlake.evaluation.scorers import scorer
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.storage.assessments.entry import Entry, Target
from spanlake.storage.assessments.log import log_assessments
from spanlake.storage.query import QueryError

COUNT = 20
IDS = [f"{number:032x}" for number in range(COUNT)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Twenty traces in four sessions, a second apart."""
    folder = tmp_path / "lake"
    write(
        folder,
        *(
            span(
                f"{number:016x}",
                trace_id=trace_id,
                start_ms=1000 * number,
                session_id=f"s-{number % 4}",
                input=f"question {number}",
                output="answer" * number,
            )
            for number, trace_id in enumerate(IDS)
        ),
    )
    return folder


@scorer
def words(outputs: str) -> int:
    """How long the answer is; there is none to the first."""
    return len(outputs)


@scorer
def turns(session: Session) -> int:
    """How many traces a session has."""
    return len(session.traces)


def ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    with spanlake.connect(data) as lake:
        return lake.sql(query).fetchall()


def test_everything_is_scored_once(data: Path) -> None:
    """Traces and sessions are scored by each scorer, and never again."""
    fast = SqlScorer(
        name="fast",
        query="SELECT trace_id, duration_ms < 5 AS value, name AS rationale FROM traces",
    )
    busy = SqlScorer(name="busy", query="SELECT session_id, trace_count AS value FROM sessions")

    @scorer
    def shrug(trace: Trace) -> None:
        """Have nothing to say."""

    scorers = [words, turns, fast, busy, shrug]
    planned = score(scorers, dry_run=True, lake=data)
    assert [each.targets for each in planned.plan] == [COUNT, 4, COUNT, 4, COUNT]
    assert (planned.run_id, ask(data, "FROM ledger")) == (None, [])
    first = score(scorers, lake=data)
    assert first.scored == {"words": 20, "turns": 4, "fast": 20, "busy": 4, "shrug": 20}
    assert ask(
        data,
        "SELECT scorer_name, state, target_type, count(*) FROM ledger GROUP BY ALL ORDER BY 1, 2",
    ) == [
        ("busy", "scored", "session", 4),
        ("fast", "scored", "trace", 20),
        ("shrug", "abstained", "trace", 20),
        ("turns", "scored", "session", 4),
        ("words", "error", "trace", 1),
        ("words", "scored", "trace", 19),
    ]
    assert ask(
        data,
        "SELECT name, count(*), any_value(source_type), any_value(run_id) FROM assessments"
        " WHERE error_code IS NULL GROUP BY name ORDER BY name",
    ) == [
        ("busy", 4, "CODE", first.run_id),
        ("fast", 20, "CODE", first.run_id),
        ("turns", 4, "CODE", first.run_id),
        ("words", 19, "CODE", first.run_id),
    ]
    again = score(scorers, lake=data)
    assert (again.run_id, again.scored) == (None, {})
    assert ask(data, "SELECT kind, state, done_count FROM runs") == [("scoring", "finished", 68)]
    retried = score(scorers, retry_errors=True, lake=data)
    assert retried.scored == {"words": 1}


def test_what_has_changed_is_scored_again(data: Path) -> None:
    """A trace that grew, an expectation for who sees it, and a new version of a scorer count."""

    @scorer
    def expected(outputs: str, expectations: dict[str, str]) -> bool:
        return outputs == expectations.get("answer")

    score([words, expected], lake=data)
    write(data, span("f" * 16, f"{3:016x}", trace_id=IDS[3], start_ms=3001))
    assert score([words, expected], lake=data).scored == {"words": 1, "expected": 1}
    said = Expectation(name="answer", value="answer")
    with spanlake.connect(data) as lake:
        log_assessments(lake, [Entry(target=Target(trace_id=IDS[1]), said=said)])
    assert score([words, expected], lake=data).scored == {"expected": 1}
    changed = scorer(name="words")(lambda outputs: len(outputs or "") + 1)
    assert score([changed], lake=data).scored == {"words": COUNT}


def test_some_of_them(data: Path) -> None:
    """A condition, ids, a limit and a share choose; a smaller share is a part of a larger one."""
    assert score([words], where="input LIKE '%5'", lake=data).scored == {"words": 2}
    assert score([words], trace_ids=IDS[:2], lake=data).scored == {"words": 2}
    assert score([words], limit=3, lake=data).scored == {"words": 3}
    assert ask(data, "SELECT count(*) FROM ledger")[0] == (7,)

    seen: list[str] = []

    @scorer
    def noting(trace: Trace) -> bool:
        seen.append(trace.trace_id)
        return True

    score([noting], sample=0.4, lake=data)
    some = set(seen)
    score([noting], sample=0.8, lake=data)
    assert len(seen) == len(set(seen)) > len(some) > 0
    with pytest.raises(QueryError, match=r"^--where is nope: "):
        score([words], where="nope", lake=data)
    with pytest.raises(UserError, match=r"^sample is 2: "):
        score([words], sample=2, lake=data)


def test_what_is_not_production(data: Path) -> None:
    """Traces of evaluations are left out, unless they are asked for."""
    spanlake.evaluate([{"inputs": {"object": 1}}], str, lake=data)
    assert score([words], dry_run=True, lake=data).plan[0].targets == COUNT
    planned = score([words], include_evaluations=True, dry_run=True, lake=data)
    assert planned.plan[0].targets == COUNT + 1


def test_a_dry_run_says_what_it_would_cost(data: Path) -> None:
    """What a scorer's verdicts have cost is what more of them are expected to."""

    @scorer
    def judge(outputs: str) -> Feedback:
        return Feedback(value=bool(outputs), metadata={"judge_cost_usd": "0.002"})

    first = score([judge], limit=5, lake=data)
    assert first.cost_usd == pytest.approx(0.01)
    (plan,) = score([judge], dry_run=True, lake=data).plan
    assert plan.targets == 15
    assert plan.cost_usd == pytest.approx(0.03)
