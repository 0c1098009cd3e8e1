import json

import pytest

from spanlake.semconv.tool_calls import arguments_text, result_text

CITY = '{"city":"Paris"}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (CITY, CITY),
        ({"city": "Paris"}, CITY),
        (json.dumps(CITY), CITY),
        ("{'city': 'Paris'}", CITY),
        ({"args": [], "kwargs": {"city": "Paris"}}, CITY),
        ({"args": ["Paris"], "kwargs": {}}, '["Paris"]'),
        ({"kwargs": {"city": "Paris"}}, CITY),
        ({"kwargs": "Paris"}, '{"kwargs":"Paris"}'),
        ({"input_str": "{'city': 'Paris'}", "tags": [], "metadata": {}}, CITY),
        ({"input_str": "?", "tags": [], "metadata": {}, "inputs": {"city": "Paris"}}, CITY),
        ("Paris", "Paris"),
        ("{}", None),
        ("[]", None),
        ("", None),
        ("N/A", None),
        (None, None),
        ({"args": [], "kwargs": {}}, None),
    ],
)
def test_arguments_are_the_object_a_tool_was_called_with(value: object, text: str | None) -> None:
    """Arguments come as JSON, printed, or wrapped as a decorator does; empty ones are none."""
    assert arguments_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("18 C", "18 C"),
        ('{"c":18}', '{"c":18}'),
        ({"c": 18}, '{"c":18}'),
        ("42", "42"),
        ({"role": "tool", "content": "18 C", "tool_call_id": "c1"}, "18 C"),
        ({"type": "tool_result", "tool_use_id": "c1", "content": [{"text": "18 C"}]}, "18 C"),
        (
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "messages", "ToolMessage"],
                "kwargs": {"content": "18 C", "tool_call_id": "c1"},
            },
            "18 C",
        ),
        ({"content": "18 C", "type": "tool", "tool_call_id": "c1"}, "18 C"),
        ({"content": "18 C", "source": "a.txt"}, '{"content":"18 C","source":"a.txt"}'),
        ({"content": [{"type": "text", "text": "18 C"}], "isError": False}, "18 C"),
        ("{}", None),
        ("", None),
        (None, None),
    ],
)
def test_a_result_is_what_a_tool_gave(value: object, text: str | None) -> None:
    """A result is the text or the value a tool gave, taken out of the message that carries it."""
    assert result_text(value) == text
