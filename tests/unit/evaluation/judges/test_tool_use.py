import pytest
from judged import NO, YES, captured, given, turn

from spanlake.entities import SourceType, Span
from spanlake.evaluation.scorers.judges import ToolCallCorrectness, ToolCallEfficiency
from spanlake.testing import OfflineModel

SEARCH = Span(
    trace_id="a",
    span_id="1",
    span_type="TOOL",
    tool_name="search",
    tool_arguments='{"q":"Paris"}',
    tool_result="found",
    start_time_ns=2,
)
BROKEN = Span(
    trace_id="a",
    span_id="2",
    span_type="TOOL",
    tool_name="weather",
    is_error=True,
    error_message="timed out",
    start_time_ns=1,
)
CHAT = Span(
    trace_id="a",
    span_id="3",
    span_type="LLM",
    tool_definitions=[{"name": "search", "description": "Searches."}, {"name": "weather"}],
)
ASKED = turn("Find Paris", "Found", SEARCH, BROKEN, CHAT)


def test_a_model_sees_calls_results_errors_and_the_tools_there_were() -> None:
    """The calls stand in their order with what came of them, beside what could be called."""
    model = OfflineModel(NO)
    assert ToolCallEfficiency(model=model)(trace=ASKED).value == "no"
    material = given(model)
    assert material["tools_called"].splitlines() == [
        "1. weather()",
        "   error: timed out",
        '2. search({"q":"Paris"})',
        "   result: found",
    ]
    assert [line[:16] for line in material["available_tools"].splitlines()] == [
        '{"description":"',
        '{"name":"weather',
    ]


def test_calls_are_judged_by_what_was_expected_where_that_is_known() -> None:
    """Expected calls are shown, with whether their order matters; without them only the tools."""
    model = OfflineModel(YES)
    judge = ToolCallCorrectness(model=model, should_consider_ordering=True)
    calls = [{"name": "search", "arguments": {"q": "Paris"}}]
    assert judge(trace=ASKED, expectations={"expected_tool_calls": calls}).value == "yes"
    assert '"search"' in given(model)["expected_tool_calls"]
    assert "matters" in given(model)["order"]
    judge(trace=ASKED, expectations={"expected_tool_calls": []})
    assert given(model)["expected_tool_calls"] == "[]"
    judge(trace=ASKED)
    assert "expected_tool_calls" not in given(model)


@pytest.mark.parametrize(
    ("names", "ordered", "value"),
    [
        (["search", "weather"], False, "yes"),
        (["search", "weather"], True, "no"),
        (["weather", "search"], True, "yes"),
        (["search"], False, "no"),
    ],
)
def test_an_exact_match_needs_no_model(names: list[str], ordered: bool, value: str) -> None:  # noqa: FBT001  # a parameter
    """Calls that have to be the very ones are compared by code."""
    judge = ToolCallCorrectness(should_exact_match=True, should_consider_ordering=ordered)
    feedback = judge(trace=ASKED, expectations={"expected_tool_calls": names})
    assert feedback.value == value
    assert feedback.source.source_type == SourceType.CODE


@pytest.mark.parametrize(
    ("folder", "scenario"),
    [("pydantic-ai-otel-v5", "agent_tools"), ("openinference-langchain", "agent")],
)
def test_captured_tool_calls_are_judged(folder: str, scenario: str) -> None:
    """What real agents called reaches the model, with arguments and results."""
    (stored, *_) = captured(folder, scenario)
    model = OfflineModel(YES)
    assert ToolCallEfficiency(model=model)(trace=stored).value == "yes"
    for span in stored.search_spans(span_type="TOOL"):
        assert str(span.tool_name) in given(model)["tools_called"]
        assert str(span.tool_result or span.output) in given(model)["tools_called"]
