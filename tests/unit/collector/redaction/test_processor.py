"""Redaction of tables: actions, types of values, subjects, content, dry runs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from spans import Attributes, key_values

from spanlake.collector.redaction.processor import Redactor
from spanlake.collector.redaction.replacing import revealed
from spanlake.collector.redaction.secret_keys import SecretKeys
from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.config import RedactProcessor
from spanlake.errors import ConfigError

_CARD = "4111111111111111"


def _row(tmp_path: Path, attributes: Attributes, **settings: Any) -> dict[str, Any]:  # noqa: ANN401  # of RedactProcessor
    """The stored row of a span with these attributes."""
    redactor = Redactor(RedactProcessor(**settings), SecretKeys(tmp_path))
    status = Status(code=Status.STATUS_CODE_ERROR, message="could not do what was said")
    span = Span(
        trace_id=b"t" * 16, span_id=b"s" * 8, attributes=key_values(attributes), status=status
    )
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add(spans=[span])
    submission = Submission.of(request.SerializeToString(), experiment=None, received_ns=0)
    (row,) = tabulate_spans([submission], redactor=redactor).rows.to_pylist()
    found: dict[str, Any] = row
    return found | {"attributes": dict(row["attributes"]), "redactions": row["redactions"]}


def test_that_values_keep_their_types_where_they_can(tmp_path: Path) -> None:
    """A number that is a card becomes a text; lists and bytes stay what they are."""
    row = _row(
        tmp_path,
        {
            "int": int(_CARD),
            "double": float(_CARD),
            "list": ["x", f"to {_CARD}"],
            "bytes": b"\xff " + _CARD.encode(),
            "bool": True,
            "kept": 12,
        },
    )
    assert row["attribute_types"] == "ssaybi"
    assert row["attributes"]["int"] == row["attributes"]["double"] == "[REDACTED:card]"
    assert json.loads(row["attributes"]["list"]) == ["x", "to [REDACTED:card]"]
    assert row["redactions"] == [("card", 4)]


def test_that_json_stays_json(tmp_path: Path) -> None:
    """A number in JSON becomes zero; strings in it become masks."""
    text = json.dumps({"card": int(_CARD), "cards": [_CARD, int(_CARD)]})
    row = _row(tmp_path, {"input": text})
    assert json.loads(row["attributes"]["input"]) == {"card": 0, "cards": ["[REDACTED:card]", 0]}


def test_that_a_sensitive_name_hides_its_value(tmp_path: Path) -> None:
    """Whatever stands under a name of a secret goes, and what only ends alike stays."""
    row = _row(
        tmp_path,
        {
            "OPENAI_API_KEY": "plain",
            "http.request.header.authorization": ["x y"],
            "db.password": 12345,
            "llm.max_tokens": "7",
            "password_required": True,
        },
    )
    assert row["attribute_types"] == "ssssb"
    assert row["attributes"]["llm.max_tokens"] == "7"
    assert row["redactions"] == [("sensitive_key", 3)]


def test_that_dropped_attributes_are_gone(tmp_path: Path) -> None:
    """Drop removes an attribute under a sensitive name, and elsewhere what was found."""
    row = _row(tmp_path, {"password": "x y", "note": "to a@b.example now", "n": 1}, action="drop")
    assert row["attributes"] == {"note": "to  now", "n": "1"}
    assert row["attribute_types"] == "si"


def test_that_hashes_are_equal_for_equal_values_of_one_lake(tmp_path: Path) -> None:
    """A hash groups what is equal, and another lake's key makes another of it."""
    attributes: Attributes = {"a": "x@b.example", "b": "is x@b.example"}
    first = _row(tmp_path / "1", attributes, action="hash")["attributes"]
    other = _row(tmp_path / "2", attributes, action="hash")["attributes"]
    assert re.fullmatch(r"\[email:hash:[0-9a-f]{24}\]", first["a"])
    assert first["b"] == f"is {first['a']}"
    assert other["a"] != first["a"]


def test_that_tokens_are_read_again_until_their_person_is_erased(tmp_path: Path) -> None:
    """A token holds the value under the person's key; without the key nobody can read it."""
    attributes: Attributes = {"user.id": "u-1", "note": "x@b.example"}
    token = _row(tmp_path, attributes, actions={"email": "token"})["attributes"]["note"]
    keys = SecretKeys(tmp_path)
    assert "x@b" not in token
    assert revealed(f"to {token}.", keys) == "to x@b.example."
    assert keys.erase("u-1")
    assert not keys.erase("u-1")
    assert revealed(token, SecretKeys(tmp_path)) == token
    # Who comes back has a new key, which does not open what was written before.
    again = _row(tmp_path, attributes, actions={"email": "token"})["attributes"]["note"]
    assert revealed(f"{token} {again}", keys) == f"{token} x@b.example"


def test_that_no_subject_means_a_mask(tmp_path: Path) -> None:
    """What could be erased for nobody is not kept in any form."""
    row = _row(tmp_path, {"note": "x@b.example"}, action="token")
    assert row["attributes"]["note"] == "[REDACTED:email]"


def test_that_keys_are_private_and_name_nobody(tmp_path: Path) -> None:
    """Key files are readable by their owner alone, and their names do not tell the person."""
    _row(tmp_path, {"user.id": "jo@b.example", "note": "x@b.example"}, action="token")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert not any("jo@b" in str(path) for path in files)


def test_that_a_dry_run_counts_and_changes_nothing(tmp_path: Path) -> None:
    """The row is as it was sent, and says what would have been found."""
    row = _row(tmp_path, {"note": "x@b.example"}, dry_run=True)
    assert row["attributes"]["note"] == "x@b.example"
    assert row["redactions"] == [("dry_run:email", 1)]


def test_that_the_shape_of_content_stays(tmp_path: Path) -> None:
    """Roles, names, ids and counts stay; what was said is told by its length."""
    said = [
        {"role": "user", "parts": [{"type": "text", "content": "who is it?"}]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "name": "find", "arguments": {"x": 7}}],
        },
    ]
    row = _row(
        tmp_path,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 7,
            "gen_ai.input.messages": json.dumps(said),
            "output.value": "Paris",
            "app.note": "a remark of an app",
        },
        content="shape",
    )
    kept = json.loads(row["input_messages"])
    assert kept[0] == {"role": "user", "parts": [{"type": "text", "content": "[10 characters]"}]}
    assert kept[1]["parts"][0] == {"type": "tool_call", "name": "find", "arguments": {"x": 0}}
    assert row["attributes"]["output.value"] == "[5 characters]"
    assert row["attributes"]["app.note"] == "[18 characters]"
    assert (row["model"], row["input_tokens"]) == ("gpt-4o", 7)
    assert row["status_message"] == "[26 characters]"
    assert row["redactions"] == [("content", 4)]


def test_that_ones_own_rules_and_names_are_looked_for(tmp_path: Path) -> None:
    """Patterns and keys add to what is built in, and allow takes away."""
    row = _row(
        tmp_path,
        {"note": "E-123456 or x@b.example", "badge": "plain"},
        patterns={"employee": "E-[0-9]{6}"},
        keys=("badge",),
        allow=(r".*@b\.example",),
    )
    assert row["attributes"]["note"] == "[REDACTED:employee] or x@b.example"
    assert row["redactions"] == [("employee", 1), ("sensitive_key", 1)]


def test_that_ones_own_patterns_see_each_text_by_itself(tmp_path: Path) -> None:
    """A pattern may ask where a text begins and ends, and for letters of any alphabet."""
    row = _row(
        tmp_path,
        {"a": "x", "name": "Jürgen Groß", "other": "is Jürgen Groß", "b": "(one|two)-1"},
        rules=(),
        patterns={"person": r"^\pL+ \pL+$", "code": r"(one|two)\)-[0-9]"},
    )
    assert row["attributes"]["name"] == "[REDACTED:person]"
    assert row["attributes"]["other"] == "is Jürgen Groß"
    assert row["attributes"]["b"] == "(one|[REDACTED:code]"


def test_that_two_names_that_become_equal_stay_two(tmp_path: Path) -> None:
    """A map keeps all of its entries when the names of two are masked."""
    row = _row(tmp_path, {"a@b.example": "1", "c@b.example": "2"})
    assert row["attributes"] == {"[REDACTED:email]": "1", "[REDACTED:email]#2": "2"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rules": ("emial",)}, "processors.redact.rules has 'emial': .* did you mean email"),
        ({"actions": {"emal": "drop"}}, "processors.redact.actions has 'emal'"),
    ],
)
def test_that_an_unknown_rule_is_named(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    """A rule that does not exist is told as typed, with the one that was meant."""
    with pytest.raises(ConfigError, match=message):
        Redactor(RedactProcessor(**settings), SecretKeys(tmp_path))
