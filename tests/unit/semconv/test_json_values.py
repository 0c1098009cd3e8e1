import json
from typing import Any

import pytest

from spanlake.semconv.json_values import NOTHING, as_text, member, opened, parse, parse_container


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        ("5", 5),
        ('"x"', "x"),
        ('{"a": NaN, "b": -Infinity}', {"a": None, "b": None}),
        (r'"\ud83e\udd86"', "🦆"),
        (r'"a\ud83eb"', "a\ufffdb"),
        (r'"a\udd86b"', "a\ufffdb"),
        (r'"\ud83e\ud83e\udd86"', "\ufffd🦆"),
        (r'["\\ud83e\udd86"]', ["\\ud83e\ufffd"]),
        (r'"\ud83e\\udd86"', "\ufffd\\udd86"),
    ],
)
def test_json_is_read_as_python_and_javascript_write_it(text: str, value: object) -> None:
    """JSON is read with numbers that are none as null, and with halves of pairs replaced."""
    read = parse(text)
    assert read == value
    json.dumps(read, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "text", ["", "x", "{", "[1,", "{'a': 1}", "[" * 5000, "NaN]", "[" + "1" * 5000 + ", NaN]", "\0"]
)
def test_what_is_no_json_is_nothing(text: str) -> None:
    """A text that cannot be read is told apart from null."""
    assert parse(text) is NOTHING


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("  [1]", [1]),
        (json.dumps(json.dumps({"a": 1})), {"a": 1}),
        ("{'a': None, 'b': [True, 'x']}", {"a": None, "b": [True, "x"]}),
        ("[{'a': \"it's\"}]", [{"a": "it's"}]),
    ],
)
def test_a_container_is_opened_in_any_writing(text: str, value: Any) -> None:  # noqa: ANN401
    """A list or an object is read from JSON, JSON in JSON, and what Python prints."""
    assert parse_container(text) == opened(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "5",
        "null",
        '"x"',
        "true",
        "Hi",
        "{Hi}",
        json.dumps("5"),
        json.dumps(json.dumps(json.dumps([1]))),
        "{'a': object}",
        "{'a': b'x'}",
        "{'a', 'b'}",
        "{'a': __import__('os')}",
        "['\\d']",
        "['\\ud83e']",
        "['a'" + "(" * 300,
        "[" * 300 + "'a'" + "]" * 300,
        "['" + "x" * 100_000 + "']",
    ],
)
def test_what_is_no_container_stays_a_text(text: str) -> None:
    """A number or a word is not turned into a value, and of Python only plain values are read."""
    assert parse_container(text) is NOTHING
    assert opened(text) == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), {"a": [{"b": 1}]}),
        (("a", "0", "b"), 1),
        (("a", "1"), None),
        (("a", "b"), None),
        (("a", "0", "b", "c"), None),
        (("x",), None),
    ],
)
def test_a_member_is_found_by_names_and_places(path: tuple[str, ...], value: object) -> None:
    """A path leads through objects by name and through lists by place, or to nothing."""
    assert member({"a": [{"b": 1}]}, path) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), (None, None), (5, "5"), (True, "true"), ({"a": [1]}, '{"a":[1]}'), ("", "")],
)
def test_a_value_is_text_as_attributes_are(value: object, text: str | None) -> None:
    """A string is itself, null is nothing, and all else is JSON."""
    assert as_text(value) == text


def test_a_value_deeper_than_json_is_written_has_no_text() -> None:
    """What nests deeper than can be written is nothing, not an error."""
    assert as_text(parse("[" * 1000 + "]" * 1000)) is None
