"""What may come next while a filter is typed."""

from collections.abc import Sequence

import pytest

from spanlake.storage.lake import Lake
from spanlake.storage.search.completion import complete, complete_from
from spanlake.storage.search.fields import Field


def no_values(_field: Field, _key: str | None, _beginning: str) -> Sequence[str]:
    """What a lake without spans would say."""
    return ()


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("", ["trace_id", "name", "status"]),
        ("sta", ["status", "status_code", "start_time"]),
        ("name = 'x' AND NOT (dur", ["duration", "span.duration"]),
        ("token", ["input_tokens", "output_tokens", "total_tokens"]),
        ("span.ty", ["span.type"]),
        ("SPAN(ty", ["type"]),
        ("SPAN(type = 'LLM') AND ty", ["span.type"]),
        ("assessment(source_t", ["source_type"]),
        ("status ", ["=", "!=", "LIKE", "NOT LIKE"]),
        ("cost ", ["=", "!=", "<", "<=", ">", ">=", "IN (", "NOT IN (", "BETWEEN"]),
        ("text ", ["LIKE", "NOT LIKE"]),
        ("name NOT ", ["LIKE", "ILIKE", "RLIKE", "CONTAINS", "IN ("]),
        ("name IS ", ["NULL", "NOT"]),
        ("name c", ["CONTAINS"]),
        ("has_errors ", ["=", "!=", "IS NULL", "IS NOT NULL", "AND", "OR"]),
        ("status = ", ["'OK'", "'ERROR'", "'IN_PROGRESS'"]),
        ("status = 'E", ["'ERROR'"]),
        ("status = e", ["'ERROR'"]),
        ("status IN ('OK', ", ["'OK'", "'ERROR'", "'IN_PROGRESS'"]),
        ("has_errors = ", ["true", "false"]),
        ("start_time > ", ["1h ago", "24h ago", "7d ago"]),
        ("start_time > 7d ", ["ago", "AND", "OR"]),
        ("status = 'OK' ", ["AND", "OR"]),
        ("(status = 'OK' a", ["AND"]),
        ("SPAN(name = 'x' ", [")", "AND", "OR"]),
        ("nothing ", []),
        ("name ? ", []),
    ],
)
def test_what_may_come_next(before: str, first: list[str]) -> None:
    """Fields, operators, values and keywords are offered where they can stand."""
    offered = [each.text for each in complete(before, len(before), no_values)]
    assert offered[: len(first)] == first
    assert bool(offered) == bool(first)


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("model = ", ["'gpt-4o'"]),
        ("span.tool = 'W", ["'web'"]),
        ("user = ", ["'ada'", "'bob'"]),
        ("session IN ('s-1', ", ["'s-1'", "'s-2'"]),
        ("tags = 'e", ["'eu'"]),
        ("metadata.", ["metadata.plan", "metadata.seats"]),
        ("metadata.plan = ", ["'pro'"]),
        ("metadata.'plan' = ", ["'pro'"]),
        ("span.attributes.http", ["span.attributes.`http.status_code`"]),
        ("SPAN(attributes.`http", ["attributes.`http.status_code`"]),
        ("feedback.", ["feedback.quality", "feedback.broken", "feedback.correct"]),
        ("feedback.quality = '", ["'1.0'", "'good'"]),
        ("expectation.c", ["expectation.city"]),
        ("prompt = ", ["'qa/4'"]),
    ],
)
def test_what_the_lake_knows(lake: Lake, before: str, offered: list[str]) -> None:
    """Names and values that occur in the lake are offered, the most frequent first."""
    found = complete_from(lake, before, len(before))
    assert [each.text for each in found if not each.text.endswith(".")] == offered


def test_what_is_replaced() -> None:
    """A completion says which characters it takes the place of, up to the cursor."""
    text = "name = 'x' AND sta AND cost > 1"
    (status, *_) = complete(text, 18, no_values)
    assert status.text == "status"
    assert text[status.start : status.end] == "sta"
    assert (status.kind, status.about) == (
        "field",
        "OK unless the root failed, or spans are still to come",
    )
