"""Redaction of any text: what patterns promise each other, and what is left of a text."""

import re
import time

import pyarrow as pa
import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from spanlake.collector.redaction.matcher import Matcher
from spanlake.collector.redaction.named_values import NamedValues
from spanlake.collector.redaction.rules import Kind, Rule, chosen_rules, sensitive_endings

_RULES = chosen_rules(list(Kind))
_MATCHER = Matcher(_RULES, NamedValues(sensitive_endings()))
# What JSON, addresses, keys and numbers are made of, and the beginnings of secrets.
_PIECES = st.sampled_from(
    [
        *'"\\{}[]:,@.-_ +=/\n',
        *("\\n", "\\u0040", "4111 1111", "415-555-", "2671", "DE89", "é", "x" * 20, "A1b2"),
        *("password", "Bearer ", "://", "-----BEGIN PRIVATE KEY-----", "sk-", "AKIA", "eyJ"),
    ]
)
_TEXTS = st.lists(_PIECES, max_size=40).map("".join) | st.text(max_size=60)
_ADVERSARIES = [
    "a@" * 4,
    "4111-",
    '"password":',
    '"password":["',
    '"password":{"a',
    '\\"',
    "sk-" + "a" * 30 + " ",
    "://:@",
    "+1 2",
    "password=",
    "-----BEGIN PRIVATE KEY-----",
    "DE89 0000 ",
    "a." * 3,
    "\\u0022",
    "bearer ",
]


@given(text=_TEXTS)
def test_that_findings_are_in_order_and_within_the_text(text: str) -> None:
    """Parts follow each other without overlap, are not empty, and split no character."""
    findings = _MATCHER.find(text.encode())
    at = 0
    for part in findings.parts:
        assert at <= part.start < part.end <= len(findings.text)
        findings.text[part.start : part.end].decode()
        at = part.end


@given(text=_TEXTS)
def test_that_what_holds_a_finding_is_a_suspect(text: str) -> None:
    """The one pass over many texts misses none in which the closer look finds something."""
    findings = _MATCHER.find(text.encode())
    if findings.parts:
        suspects = _MATCHER.suspects(pa.array(["before", text, None, "after"]).slice(1))
        assert 0 in suspects.tolist()


def test_that_numbers_side_by_side_make_no_suspect() -> None:
    """Texts are looked at together, but what would match across two of them is in neither."""
    side_by_side = pa.array(["4111", "1111", None, "1111", "1111", "sk-ant-", "a" * 20])
    assert _MATCHER.suspects(side_by_side).tolist() == [5]


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.name)
@settings(max_examples=10)
@given(data=st.data())
def test_that_a_hint_is_in_all_that_its_pattern_matches(rule: Rule, data: st.DataObject) -> None:
    """A rule's hint never hides from its pattern what that would match."""
    check_hint(rule, data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.name)
@settings(max_examples=2000)
@given(data=st.data())
def test_that_a_hint_is_in_thousands_of_texts_of_its_pattern(
    rule: Rule, data: st.DataObject
) -> None:
    """So it is in forms of a finding that hardly any text has."""
    check_hint(rule, data)


def check_hint(rule: Rule, data: st.DataObject) -> None:
    source = rule.pattern.pattern.decode()
    pythonic = source.replace("\\pL", "a-zé").replace("\\pN", "0-9").replace("\\z", "\\Z")
    text = data.draw(st.from_regex(re.compile(pythonic)))
    encoded = text.encode(errors="ignore")
    assert rule.hint is not None
    if any(end > start for start, end in rule.parts(encoded)):
        assert re2.search(rule.hint.encode(), encoded), text


@pytest.mark.slow
@pytest.mark.parametrize("piece", _ADVERSARIES)
def test_that_time_grows_with_length_and_no_faster(piece: str) -> None:
    """Eight times the text takes about eight times as long, whatever it repeats."""

    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size].encode()
        began = time.process_time()
        _MATCHER.find(text)
        return time.process_time() - began

    seconds(1000)
    small = min(seconds(50_000) for _ in range(3))
    large = min(seconds(400_000) for _ in range(3))
    assert large < 30 * max(small, 0.002)
