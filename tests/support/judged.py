"""Doubles of judges' models, and what there is to judge."""

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from captures import captures_of, store

from spanlake.entities import Session, Span, Trace
from spanlake.evaluation.models.fence import fenced_texts
from spanlake.storage.lake import Lake
from spanlake.storage.trace_reader.reader import read_trace
from spanlake.testing import ChatRequest, OfflineModel, Script

CAPTURED = (
    ("haystack-native-otel", "rag"),
    ("manual-otel-http", "rag_retrieval"),
    ("openinference-langchain", "agent"),
    ("pydantic-ai-otel-v5", "agent_tools"),
)
YES = {"rationale": "it is so", "verdict": "yes"}
NO = {"rationale": "it is not so", "verdict": "no"}


def told(request: ChatRequest) -> str:
    """All that the model is told, as one text."""
    return "\n".join(message.text for message in request.messages)


def given(model: OfflineModel, number: int = -1) -> dict[str, str]:
    """The material of one of the requests a model had."""
    return dict(fenced_texts(told(model.requests[number])))


def deciding(**verdicts: str) -> Script:
    """A script that says yes where the material has one of the words, by material, else no."""

    def decide(request: ChatRequest) -> dict[str, str]:
        material = fenced_texts(told(request))
        return YES if all(word in material[name] for name, word in verdicts.items()) else NO

    return decide


def captured(folder: str, scenario: str) -> tuple[Trace, ...]:
    """The traces that one captured app sent, stored and read again."""
    return _captured()[folder, scenario]


@cache
def _captured() -> Mapping[tuple[str, str], tuple[Trace, ...]]:
    chosen = [
        capture
        for folder, scenario in CAPTURED
        for capture in captures_of(folder)
        if capture.scenario == scenario
    ]
    with tempfile.TemporaryDirectory() as folder:
        store(chosen, Path(folder))
        with Lake(Path(folder)) as lake:
            return {
                (each.folder, each.scenario): tuple(
                    read_trace(lake, trace_id) for trace_id in sorted(each.trace_ids)
                )
                for each in chosen
            }


def turn(asked: str, answered: str, *spans: Span) -> Trace:
    """One turn of a conversation."""
    tools = sum(span.span_type == "TOOL" for span in spans)
    return Trace(
        trace_id="a" * 32,
        input=asked,
        output=answered,
        spans=spans,
        span_count=len(spans),
        tool_call_count=tools,
    )


def session(*turns: Trace) -> Session:
    """A conversation of these turns."""
    return Session(session_id="s", traces=turns)
