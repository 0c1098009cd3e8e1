from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanlake.errors import UserError
from spanlake.evaluation.models.strict_schema import is_strict
from spanlake.evaluation.scorers.judges.verdict import VerdictError, VerdictForm

YES_NO = VerdictForm(Literal["yes", "no"])


@pytest.mark.parametrize(
    ("value_type", "written", "value"),
    [
        (Literal["yes", "no"], '"yes"', "yes"),
        (Literal["yes", "no"], '" YES "', "yes"),
        (Literal[1, 2, 3], "2", 2),
        (bool, "true", True),
        (int, "4", 4),
        (float, "0.5", 0.5),
        (float, "1", 1.0),
        (str, '"kind"', "kind"),
        (list[str], '["a"]', ["a"]),
        (dict[str, float], '{"a": 1.5}', {"a": 1.5}),
        (int | None, "null", None),
        (bool, "null", None),
    ],
)
def test_a_verdict_is_of_the_type_that_was_asked_for(
    value_type: Any,  # noqa: ANN401  # a type
    written: str,
    value: object,
) -> None:
    """JSON of the type is the value, and null is an abstention whatever the type is."""
    verdict = VerdictForm(value_type).read(f'{{"rationale": "so", "verdict": {written}}}')
    assert (verdict.value, verdict.rationale) == (value, "so")
    assert type(verdict.value) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "The verdict is yes.",
        '{"verdict": "yes"}',
        '{"rationale": "so", "verdict": "maybe"}',
        '{"rationale": "so", "verdict": true}',
        '{"rationale": "so", "verdict": ["yes"]}',
        '{"rationale": 1, "verdict": "yes"}',
        '{"rationale": "so", "verdict": "yes", "override": 1}',
        '{"rationale": "so", "verdict": "yes"} {"rationale": "so", "verdict": "no"}',
        'Sure! {"rationale": "so", "verdict": "yes"}',
        '{"rationale": "so", "verdict": "yes"',
        "[" * 100_000,
        '{"rationale": "so", "verdict": NaN}',
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_verdict_is_not_taken_for_one(text: str) -> None:
    """No verdict is read out of free text, another type, or more than one answer."""
    with pytest.raises(VerdictError):
        YES_NO.read(text)


def test_a_verdict_in_a_code_fence_is_one() -> None:
    """Models that wrap JSON in Markdown are understood."""
    fenced = '```json\n{"rationale": "so", "verdict": "no"}\n```'
    assert YES_NO.read(fenced).value == "no"


def test_a_number_is_no_truth_value() -> None:
    """Numbers, strings and truth values are not turned into each other."""
    with pytest.raises(VerdictError):
        VerdictForm(int).read('{"rationale": "", "verdict": true}')
    with pytest.raises(VerdictError):
        VerdictForm(bool).read('{"rationale": "", "verdict": 1}')


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Reading an answer never fails in any other way."""
    try:
        verdict = YES_NO.read(text)
    except VerdictError:
        return
    assert verdict.value in ("yes", "no", None)


@pytest.mark.parametrize("value_type", [Literal["a", "b"], bool, int, float, str, list[str]])
def test_the_schema_is_one_that_providers_enforce(value_type: Any) -> None:  # noqa: ANN401  # a type
    """Closed objects with all properties required, reasons before the verdict."""
    schema = VerdictForm(value_type).schema
    assert is_strict(schema)
    assert list(schema["properties"]) == ["rationale", "verdict"]
    assert "title" not in str(schema)


@pytest.mark.parametrize("value_type", [object, Exception, set[str], dict[int, str], "int", 3])
def test_a_type_that_json_has_not_is_refused(value_type: Any) -> None:  # noqa: ANN401  # a type
    """The error names the parameter and the types there are."""
    with pytest.raises(UserError, match="feedback_value_type"):
        VerdictForm(value_type)
