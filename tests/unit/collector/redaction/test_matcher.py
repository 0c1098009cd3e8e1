"""Findings in single texts."""

import json

import pyarrow as pa
import pytest

from spanlake.collector.redaction.matcher import Matcher
from spanlake.collector.redaction.named_values import NamedValues
from spanlake.collector.redaction.rules import Kind, chosen_rules, sensitive_endings

_MATCHER = Matcher(chosen_rules(list(Kind)), NamedValues(sensitive_endings()))


def _found(text: str) -> list[tuple[str, str]]:
    findings = _MATCHER.find(text.encode())
    return [(findings.text[p.start : p.end].decode(), p.rule) for p in findings.parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call +49 30 901820 now", [("+49 30 901820", "phone")]),
        ("(415) 555-2671, 415-555-2671", [("(415) 555-2671", "phone"), ("415-555-2671", "phone")]),
        ("1234 4111111111111111", [("4111111111111111", "card")]),
        ("4111 1111 1111 1111, 1", [("4111 1111 1111 1111", "card")]),
        ("DE89 3704 0044 0532 0130 00 AND", [("DE89 3704 0044 0532 0130 00", "iban")]),
        ("ssn 123-45-6789", [("123-45-6789", "ssn")]),
        ("write to jürgen@exämple.de!", [("jürgen@exämple.de", "email")]),
        ("?to=bob%40example.com&x", [("bob%40example.com", "email")]),
        ("https:\\/\\/u:p4ss@host/", [("p4ss", "url_password")]),
        ('{"password": "hun\\"ter2", "x": 1}', [('hun\\"ter2', "sensitive_key")]),
        ("{'api_key': 'x1y2'}", [("x1y2", "sensitive_key")]),
        ('{"api_key": ["one", "two"]}', [("one", "sensitive_key"), ("two", "sensitive_key")]),
        ('{"credentials": {"user": "u1", "n": 2}}', [("u1", "sensitive_key")]),
        ('{"password": "cut of', [("cut of", "sensitive_key")]),
        (
            '{"k": "hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\u0041b"}',
            [("hf_" + "a" * 32 + "Ab", "huggingface_token")],
        ),
        ('{"e": "bob\\u0040example.com"}', [("bob@example.com", "email")]),
        ('{"n": "\\nAKIAIOSFODNN7EXAMPLE"}', [("AKIAIOSFODNN7EXAMPLE", "aws_access_key")]),
    ],
)
def test_that_what_is_secret_is_found_and_no_more(
    text: str, expected: list[tuple[str, str]]
) -> None:
    """A finding is exactly the part that has to go, under the name of its rule."""
    assert _found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a bearer of bad news, of basic understanding",
        "1763745678901234567 and 0.4111111111111111",
        "4111 1111 1111 1112 has a wrong check digit",
        "DE88 3704 0044 0532 0130 00 has wrong check digits",
        "000-12-3456, 666-12-3456, 900-12-3456",
        '{"password": {"type": "string", "description": "of the account"}}',
        '{"password": null, "has_cookie": true}',
        '{"input_tokens": 12, "max_tokens": 1024}',
        "your password is required; the secret is out",
        "sk-learn-something-about-kebab-case-words",
        "python 3.11.7 on 192.168.100.200 at 2025-10-09",
        "550e8400-e29b-41d4-a716-446655440000",
        "[REDACTED:email] [card:hash:0123456789abcdef01234567]",
    ],
)
def test_that_what_only_looks_like_it_stays(text: str) -> None:
    """Words, dates, ids, schemas and numbers with wrong check digits are no findings."""
    assert _found(text) == []


def test_that_a_value_is_found_however_often_it_was_put_into_json() -> None:
    """JSON inside JSON inside JSON does not hide a value from its name."""
    text = "it's secret"
    wrapped: object = {"password": text}
    for _ in range(4):
        wrapped = {"arguments": json.dumps(wrapped)}
        found = _found(json.dumps(wrapped))
        assert found == [(text, "sensitive_key")], wrapped


def test_that_suspects_are_found_across_rows_without_mixing_them() -> None:
    """Neighbours in a column stay texts of their own: the end of one does not begin the next."""
    texts = pa.array(["call 415-555", "-2671", None, "415-555-2671", "", "nothing"])
    suspects = _MATCHER.suspects(texts).tolist()
    assert 3 in suspects
    assert 5 not in suspects
    assert _found("call 415-555") == _found("-2671") == []


def test_that_a_slice_of_a_column_is_read_where_it_is() -> None:
    """Positions are those of the slice."""
    texts = pa.array(["bob@example.com", "nothing", "eve@example.com"])
    assert _MATCHER.suspects(texts.slice(1)).tolist() == [1]


def test_that_what_is_allowed_is_no_finding() -> None:
    """A pattern of `allow` has to match all of what was found."""
    matcher = Matcher(chosen_rules(["email"]), None, allowed=["support@example\\.com"])
    texts = (b"support@example.com", b"other.support@example.com")
    assert [len(matcher.find(text).parts) for text in texts] == [0, 1]
