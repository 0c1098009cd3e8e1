"""The page on trust says what the suites recorded; `just trust` draws it anew."""

import json
from pathlib import Path

import pytest
from tally import Family, recorded
from trust_page import CONFORMANCE, trust_page

from spanlake.testing.otlp_conformance import statements

PAGE = Path(__file__).parents[2] / "docs" / "trust.md"


def test_the_page_has_what_was_recorded(request: pytest.FixtureRequest) -> None:
    """The page is the one drawn from the records now."""
    page = trust_page()
    if request.config.getoption("--draw-trust"):
        PAGE.write_text(page, "utf-8")
    assert PAGE.read_text("utf-8") == page


def test_what_is_recorded_is_of_tests_that_are_there() -> None:
    """Every record is of a test that is there, which has tried something of a known kind."""
    records = recorded()
    assert {str(each["family"]) for each in records.values()} <= set(Family)
    assert all(isinstance(each["tried"], int) and each["tried"] > 0 for each in records.values())
    root = Path(__file__).parents[2]
    for name in records:
        file, _, test = name.partition("::")
        assert f"def {test.partition('[')[0]}(" in (root / file).read_text("utf-8"), name


def test_conformance_is_recorded_of_the_sixty_statements_there_are() -> None:
    """Spanlake, and the peers beside it, were held against the statements as they are now."""
    found = json.loads(CONFORMANCE.read_text("utf-8"))
    assert {"Spanlake"} <= set(found) <= {"Spanlake", "MLflow", "Phoenix"}
    for of in found.values():
        says = {row["statement"]: row["says"] for row in of["rows"]}
        assert says == {each.number: each.says for each in statements()}


def test_spanlake_fails_no_statement() -> None:
    """What is recorded of Spanlake holds everywhere it can be seen."""
    rows = json.loads(CONFORMANCE.read_text("utf-8"))["Spanlake"]["rows"]
    assert [row for row in rows if row["outcome"] == "fail"] == []
