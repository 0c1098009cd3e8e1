"""What SQL says of every instrumentor's traces; `just instrumentors` draws the table anew."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from captures import Capture, captures_of, every_capture
from facts import FACTS, Verdicts, judge, judge_seen, seen_of, wrong_facts
from instrumentor_table import instrumentor_table
from otlp_requests import FOLDERS
from seen import Seen
from verdict import Grade

PAGE = Path(__file__).parents[2] / "docs" / "instrumentors.md"


@pytest.fixture(scope="module")
def verdicts() -> Mapping[str, Verdicts]:
    """What is right and wrong of each capture of the corpus."""
    return judge(every_capture())


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_that_was_sent_is_told_wrong(verdicts: Mapping[str, Verdicts], folder: str) -> None:
    """Of what an instrumentor sent, SQL says what the app did."""
    of_folder = {name: of for name, of in verdicts.items() if name.startswith(f"{folder}/")}
    wrong = [line for name, of in of_folder.items() for line in wrong_facts(name, of)]
    assert of_folder
    assert not wrong, "\n".join(wrong)


def test_the_page_has_what_is_judged_now(
    verdicts: Mapping[str, Verdicts], request: pytest.FixtureRequest
) -> None:
    """The table in the docs is the one drawn from the corpus now."""
    page = instrumentor_table(verdicts)
    if request.config.getoption("--draw-instrumentors"):
        PAGE.write_text(page, "utf-8")
    assert PAGE.read_text("utf-8") == page


def test_no_two_captures_share_a_trace() -> None:
    """Captures can be told apart in one lake by the ids of their traces."""
    ids = [trace_id for capture in every_capture() for trace_id in capture.trace_ids]
    assert len(ids) == len(set(ids)) > 300


OTHER_FACTS: Mapping[str, dict[str, object]] = {
    "traces": {"spans": 5},
    "model calls": {"llm_calls": 3},
    "model": {"models_requested": ["gpt-4o"]},
    "input tokens": {"input_tokens": 1},
    "output tokens": {"reasoning_tokens": 1},
    "input text": {"input_text": "What is the weather in paris?"},
    "output text": {"output_text": "Based on the tool results: 19°C"},
    "tools": {"tools_called": ["get_weather", "get_weather"]},
    "documents": {"retrieved_documents": ["doc-debug-2", "doc-audit-7"]},
    "session": {"session_id": "sess-u-1"},
    "user": {"user_id": "user"},
    "error": {"error": True},
}
"""Of each fact another than is true of the agent or the retrieval."""


@pytest.fixture(scope="module")
def agent_and_retrieval() -> Sequence[tuple[Capture, Seen]]:
    """A capture of each, with what SQL says of it."""
    scenarios = {"openinference-openai": "manual_agent_tools", "manual-otel-http": "rag_retrieval"}
    captures = [
        capture
        for folder, scenario in scenarios.items()
        for capture in captures_of(folder)
        if capture.scenario == scenario
    ]
    seen = seen_of(captures)
    return [(capture, seen[capture.name]) for capture in captures]


@pytest.mark.parametrize("fact", FACTS)
def test_what_was_otherwise_is_found(
    agent_and_retrieval: Sequence[tuple[Capture, Seen]], fact: str
) -> None:
    """A fact is judged wrong when the app did something else."""
    agent, retrieval = agent_and_retrieval
    capture, seen = retrieval if fact == "documents" else agent
    other = replace(capture, expected=capture.expected | OTHER_FACTS[fact])
    as_it_was, otherwise = judge_seen(capture, seen), judge_seen(other, seen)
    assert (as_it_was[fact].grade, otherwise[fact].grade) == (Grade.RIGHT, Grade.WRONG)
