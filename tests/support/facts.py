"""What SQL says of each capture, judged by what the app that was captured really did.

Run as a program, it prints what is wrong: of all, of a folder, or of one scenario of it.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from captures import Capture, every_capture, store
from fact_context import error, session, user
from fact_counts import input_tokens, model, model_calls, output_tokens, traces
from fact_texts import input_text, output_text
from fact_tools import documents, tools
from seen import Seen, look
from told_otherwise import as_told
from verdict import Grade, Verdict

FACTS: Mapping[str, Callable[[Capture, Seen], Verdict]] = {
    "traces": traces,
    "model calls": model_calls,
    "model": model,
    "input tokens": input_tokens,
    "output tokens": output_tokens,
    "input text": input_text,
    "output text": output_text,
    "tools": tools,
    "documents": documents,
    "session": session,
    "user": user,
    "error": error,
}

Verdicts = Mapping[str, Verdict]
_WIDTH = 300


def judge(captures: Iterable[Capture]) -> dict[str, Verdicts]:
    """The verdict on each fact, by name of the capture."""
    captures = list(captures)
    seen = seen_of(captures)
    return {capture.name: judge_seen(capture, seen[capture.name]) for capture in captures}


def seen_of(captures: Iterable[Capture]) -> dict[str, Seen]:
    """What SQL says of captures that share a lake, by name."""
    captures = list(captures)
    with tempfile.TemporaryDirectory() as folder:
        store(captures, Path(folder))
        return look(Path(folder), captures)


def judge_seen(capture: Capture, seen: Seen) -> Verdicts:
    """The verdict on each fact of a capture of which SQL says this."""
    expected = as_told(capture)
    return {fact: judge_fact(expected, seen) for fact, judge_fact in FACTS.items()}


def wrong_facts(name: str, verdicts: Verdicts) -> list[str]:
    """What is wrong of a capture, as a person reads it."""
    return [
        f"{name}: {fact} [{verdict.why}]\n"
        f"    expected {_short(verdict.expected)}\n"
        f"    got      {_short(verdict.got)}"
        for fact, verdict in verdicts.items()
        if verdict.grade is Grade.WRONG
    ]


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]} … of {len(text)}"


def _unexpected(name: str, verdicts: Verdicts) -> list[str]:
    """What SQL says of a capture where nothing was expected and nothing is wrong."""
    return [
        f"{name}: {fact}: {_short(verdict.got)}"
        for fact, verdict in verdicts.items()
        if verdict.grade is Grade.NOT_SENT and verdict.got
    ]


def _print(verdicts: Mapping[str, Verdicts], lines: Callable[[str, Verdicts], list[str]]) -> None:
    for name, of_capture in verdicts.items():
        for line in lines(name, of_capture):
            print(line)  # noqa: T201  # what the program is for
    counts = Counter((fact, each.grade) for of in verdicts.values() for fact, each in of.items())
    for fact in FACTS:
        told = (f"{grade.value} {counts[fact, grade]:4}" for grade in Grade)
        print(f"{fact:14}", *told, sep="  ")  # noqa: T201  # the same


def main() -> None:
    """Print what is wrong, and how many facts are right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("scenario", nargs="?")
    parser.add_argument("--fact", choices=FACTS)
    parser.add_argument("--unexpected", action="store_true", help="what SQL says beyond, instead")
    chosen = parser.parse_args()
    captures = [
        capture
        for capture in every_capture()
        if chosen.folder in (None, capture.folder) and chosen.scenario in (None, capture.scenario)
    ]
    verdicts = judge(captures)
    if chosen.fact:
        verdicts = {name: {chosen.fact: of[chosen.fact]} for name, of in verdicts.items()}
    _print(verdicts, _unexpected if chosen.unexpected else wrong_facts)


if __name__ == "__main__":
    main()
