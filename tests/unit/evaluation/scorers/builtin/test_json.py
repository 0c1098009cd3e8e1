import pickle

import pytest
from scoring import error_of, score

from spanlake.errors import UserError
from spanlake.scorers import JsonDistance, JsonSchema, JsonValidity

PERSON = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
}


@pytest.mark.parametrize(
    ("outputs", "valid"),
    [
        ('{"a": [1, 2.5, null]}', True),
        ({"a": 1}, True),
        ("3", True),
        ('{"a": 1,}', False),
        ("{'a': 1}", False),
        ("NaN", False),
        ("", False),
        ('"\ud800"', False),
        ('```json\n{"a": 1}\n```', False),
    ],
)
def test_json_validity_is_that_of_the_standard(outputs: object, valid: object) -> None:
    """What RFC 8259 allows is valid, a JSON value already too; nothing else is."""
    assert score(JsonValidity(), outputs=outputs).value is valid


def test_json_validity_can_allow_a_fence_and_want_a_kind() -> None:
    """A Markdown fence is opened where allowed, and an object or array can be required."""
    fenced = '```json\n{"a": 1}\n```\n'
    assert score(JsonValidity(allow_fence=True), outputs=fenced).value is True
    wanted = score(JsonValidity(kind="object"), outputs="[1]")
    assert (wanted.value, wanted.rationale) == (False, "JSON, but no object")
    broken = score(JsonValidity(), outputs='{"a": 1,}')
    assert "line 1 column 8" in (broken.rationale or "")


def test_json_schema_says_what_is_wrong_and_where() -> None:
    """A value is held to the schema, and what is against it is in the rationale."""
    assert score(JsonSchema(schema=PERSON), outputs='{"name": "Ada", "age": 36}').value is True
    wrong = score(JsonSchema(schema=PERSON), outputs={"name": "Ada", "age": -1})
    assert (wrong.value, wrong.rationale) == (False, "['age']: -1 is less than the minimum of 0")
    assert score(JsonSchema(schema=PERSON), outputs="{").rationale == (
        score(JsonValidity(), outputs="{").rationale
    )


def test_a_schema_can_be_expected_of_each_sample() -> None:
    """Without a schema of its own the scorer takes that of the expectations."""
    wanted = {"expected_schema": PERSON}
    assert score(JsonSchema(), outputs={"age": 1}, expectations=wanted).value is False
    assert error_of(JsonSchema(), outputs={})[0] == "MISSING_EXPECTATION"
    wrong = {"expected_schema": {"type": "thing"}}
    assert error_of(JsonSchema(), outputs={}, expectations=wrong)[0] == "INVALID_EXPECTATION"


def test_a_scorer_with_a_schema_can_be_sent_to_another_process() -> None:
    """It can be pickled, and is the same scorer afterwards."""
    sent = pickle.loads(pickle.dumps(JsonSchema(schema=PERSON)))  # noqa: S301  # its own
    assert sent.digest == JsonSchema(schema=PERSON).digest
    assert score(sent, outputs={"name": 3}).value is False


@pytest.mark.parametrize("schema", [{"type": "thing"}, {"$ref": "http://127.0.0.1:9/schema"}, 5])
def test_what_is_no_schema_is_refused(schema: object) -> None:
    """A wrong schema, and one that would have to be fetched, is an error when it is made."""
    with pytest.raises(UserError, match="schema of the scorer json_schema is none: "):
        JsonSchema(schema=schema)  # type: ignore[arg-type]  # 5 is what the test is about


@pytest.mark.parametrize(
    ("outputs", "wanted", "distance"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, 0),
        ({"a": 1}, {"b": 1}, 1),
        ({"a": 1, "b": 2}, {"a": 1}, 1 / 2),
        ([1, 2, 3, 4], [1, 2, 3], 1 / 4),
        ("kitten", "sitting", 3 / 7),
        (1, 3, 1 / 2),
        (1, -1, 1),
        (1, True, 1),
        (1, "one", 1),
        ("1", 1, 0),
        ('{"a": [1, 2]}', {"a": [1, 9]}, 1 / 2 * 7 / 11),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, 1),
        ({}, {}, 0),
        (1e308, -1e308, 1),
    ],
)
def test_json_distance(outputs: object, wanted: object, distance: float) -> None:
    """Differences are shares of what both have, level by level."""
    found = score(JsonDistance(), outputs=outputs, expectations={"expected_response": wanted})
    assert found.value == pytest.approx(distance)


def test_json_that_is_nested_without_end_is_an_error() -> None:
    """A value nested thousands of levels deep is refused."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    wanted = {"expected_response": deep}
    assert error_of(JsonDistance(), outputs=deep, expectations=wanted)[0] == "TOO_LONG"
