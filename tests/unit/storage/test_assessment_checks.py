"""Which assessments are taken, and how their values are stored."""

from datetime import datetime

import numpy as np
import pytest
from thumbs import SPAN, TRACE, thumb

from spanlake.entities import (
    AssessmentError,
    AssessmentSource,
    Expectation,
)
from spanlake.errors import UserError
from spanlake.storage.assessments.entry import Entry, Target
from spanlake.storage.assessments.row import AssessmentRow


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        (True, ("true", None, None, True)),
        (3, ("3", 3.0, None, None)),
        (np.float32(0.5), ("0.5", 0.5, None, None)),
        (np.bool_(False), ("false", None, None, False)),
        ("sí 👍", ('"sí 👍"', None, "sí 👍", None)),
        ("", ('""', None, "", None)),
        (["a", 1, None], ('["a",1,null]', None, None, None)),
        (("a",), ('["a"]', None, None, None)),
        ({"a": {"b": [1.5]}}, ('{"a":{"b":[1.5]}}', None, None, None)),
    ],
)
def test_values(value: object, columns: tuple[object, ...]) -> None:
    """A value is JSON, and stands in the column of its type besides."""
    row = AssessmentRow.of(thumb(value=value))
    assert (row.value, row.value_double, row.value_string, row.value_bool) == columns


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (thumb(value=None), "feedback 'thumb' has neither value nor error"),
        (thumb(error=AssessmentError("E")), "value is True and error is 'E': must be one of them"),
        (thumb(value=float("nan")), "value is nan: must be a number that JSON has"),
        (thumb(value=[float("inf")]), "value is inf: must be a number that JSON has"),
        (thumb(value=object()), "value is of type object: must be a bool, number, text, list or"),
        (thumb(value={1: 2}), "value has the key 1: must be text"),
        (thumb(value=2**70), "cannot be written as JSON"),
        (thumb(value="\ud800"), "cannot be written as JSON"),
        (thumb(value="x" * (1 << 20)), "value has 1,048,578 characters: must have at most"),
        (thumb(name="x" * 251), "must be one line of 1 to 250 characters"),
        (thumb(name=""), "name is '': must be one line"),
        (thumb(name=5), "name is 5: must be text"),
        (thumb(rationale="\ud800"), "rationale is '\\ud800': must be Unicode"),
        (thumb(source=AssessmentSource("ROBOT")), "source_type is 'ROBOT': must be HUMAN, LLM_"),
        (thumb(source=AssessmentSource("CODE", "")), "source_id is '': must be one line"),
        (thumb(metadata={"": "x"}), "a key of metadata is '': must be one line"),
        (thumb(metadata={"k": "x" * 20_000}), "metadata 'k' has 20,000 characters"),
        (thumb(metadata=dict.fromkeys(map(str, range(101)), "")), "metadata has 101 entries"),
        (thumb(target=Target()), "trace_id, session_id and record_id are missing"),
        (thumb(target=Target("a", session_id="S")), "trace_id is 'a' and session_id is 'S': only"),
        (thumb(target=Target(span_id=SPAN)), "must be with the trace_id of its trace"),
        (thumb(target=Target("xyz")), "trace_id is 'xyz': must be 32 hexadecimal digits"),
        (thumb(target=Target("0" * 32)), "must be 32 hexadecimal digits, not all 0"),
        (thumb(target=Target(TRACE, "1")), "span_id is '1': must be 16 hexadecimal digits"),
        (thumb(created_at=datetime(2026, 1, 1)), "must have a time zone, such as"),  # noqa: DTZ001
        (
            Entry(target=Target(TRACE), said=Expectation(name="e", value=None)),
            "expectation 'e' has no value",
        ),
    ],
)
def test_what_is_refused(entry: Entry, reason: str) -> None:
    """What is against a rule is refused in one line."""
    with pytest.raises(UserError) as refused:
        AssessmentRow.of(entry)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
