from pathlib import Path

import pytest
from rows import span, write
from scoring import error_of

from spanlake.errors import UserError
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.storage.lake import Lake

FAST = "SELECT trace_id, duration_ms < 20 AS value FROM traces"


def test_a_select_is_a_scorer(tmp_path: Path) -> None:
    """It has name, digest and pass_if as others have, and scores a lake when called."""
    write(tmp_path, span("a", duration_ms=5), span("b", trace_id="u", duration_ms=50))
    fast = SqlScorer(name="fast", query=f"\n{FAST}\n")
    with Lake(tmp_path) as lake:
        assert sorted(fast(lake).table["value_bool"].to_pylist()) == [False, True]
        assert fast(lake, only=["u"]).table["value_bool"].to_pylist() == [False]
    assert fast.digest == SqlScorer(name="fast", query=FAST, pass_if=bool).digest
    assert fast.digest != SqlScorer(name="fast", query=FAST.replace("20", "30")).digest
    assert not fast.wants | fast.requires


def test_a_query_is_checked_when_the_scorer_is_made() -> None:
    """What cannot score anything is refused before any lake is there, under the scorer's name."""
    with pytest.raises(UserError, match="the query of the scorer wrong is 'DELETE FROM x': must"):
        SqlScorer(name="wrong", query="DELETE FROM x")


def test_a_select_does_not_score_samples() -> None:
    """Asked about a single sample, it says that it scores a lake."""
    code, message = error_of(SqlScorer(name="fast", query=FAST), outputs="a")
    assert (code, message) == (
        "SCORER_ERROR",
        "fast is a SELECT: it scores what is stored, not single records",
    )
