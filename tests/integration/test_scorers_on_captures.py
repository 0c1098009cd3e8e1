from collections.abc import Iterator, Sequence

import pytest
from captures import Capture, every_capture, store
from scoring import score

from spanlake.entities import Trace
from spanlake.scorers import RetrievalRecall, ToolCallMatch
from spanlake.storage.lake import Lake
from spanlake.storage.trace_reader.reader import load_traces

# Agents handed over by what one framework calls a tool, and a call that only the framework makes.
_NOT_TOOLS = {
    "openinference-dspy/react_tools",
    "openinference-openai-agents/handoff",
    "otel-contrib-openai-agents-v2/handoff",
}
# One says no arguments of its second attempt, the other wraps them in another object.
_OTHER_ARGUMENTS = {"google-adk-native/tool_error", "openinference-llama-index/agent"}

Traced = list[tuple[Capture, Trace]]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    """The captures of one trace in which tools were called or documents retrieved."""
    data = tmp_path_factory.mktemp("lake")
    told = ("tools_called", "retrieved_documents")
    captures = [
        each
        for each in every_capture()
        if len(each.trace_ids) == 1 and any(each.expected.get(name) for name in told)
    ]
    store(captures, data)
    with Lake(data) as lake:
        traces = load_traces(lake, [next(iter(each.trace_ids)) for each in captures])
        yield list(zip(captures, traces, strict=True))


def test_tool_calls_of_real_agents_are_those_that_were_made(traced: Traced) -> None:
    """What agents of all frameworks are known to have called is what the scorer sees."""
    names = ToolCallMatch(mode="set", arguments="ignore")
    whole = ToolCallMatch(mode="set")
    wrong_names, wrong_arguments = set(), set()
    for capture, trace in traced:
        called = capture.expected["tools_called"]
        asked = [call for each in capture.expected["calls"] or () for call in each["tool_calls"]]
        if called and not score(names, trace=trace, expectations=_expecting(called)).value:
            wrong_names.add(capture.name)
        elif called and asked:
            calls = [{"name": name, "arguments": arguments} for name, arguments in asked]
            if not score(whole, trace=trace, expectations=_expecting(calls)).value:
                wrong_arguments.add(capture.name)
    assert wrong_names <= _NOT_TOOLS
    assert wrong_arguments <= _OTHER_ARGUMENTS
    assert sum(bool(capture.expected["tools_called"]) for capture, _ in traced) > 60


def test_documents_of_real_retrievers_are_those_that_were_found(traced: Traced) -> None:
    """The ids of documents that retrievers of all frameworks are known to have found are there."""
    retrieved = [
        (capture.expected["retrieved_documents"], trace)
        for capture, trace in traced
        if capture.expected["retrieved_documents"]
    ]
    assert len(retrieved) > 5
    for documents, trace in retrieved:
        expectations = {"expected_document_ids": documents}
        assert score(RetrievalRecall(), trace=trace, expectations=expectations).value == 1.0


def _expecting(calls: Sequence[object]) -> dict[str, Sequence[object]]:
    return {"expected_tool_calls": calls}
