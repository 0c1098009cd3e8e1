"""Small traces of few words, so that filters of the same words find some of them and not others."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from chance import chance
from random_traces_words import LABELS, MODELS, NAMES, TYPES, WORDS
from rows import Row, evaluation, span, usage, write


def write_traces(data: Path, seed: int, *, traces: int = 14) -> None:
    """Commit traces of one to five spans, with logs that assess some of them."""
    source = chance(seed)
    spans = [row for number in range(traces) for row in _spans(source, number)]
    write(data, *spans)
    write(data, *(each for n in range(traces) for each in _assessments(source, n)), table="logs")


def _trace_id(number: int) -> str:
    return f"{number:032x}"


def _spans(source: Random, number: int) -> Iterator[Row]:
    ids = [f"{number:x}{position:x}" for position in range(source.randint(1, 5))]
    for position, span_id in enumerate(ids):
        parent = None if position == 0 else source.choice(ids[:position])
        if position == 0 and source.random() < 0.2:
            parent = "gone"
        tokens = source.choice([{}, usage(source.choice([1, 10, 100]), 5)])
        failed = source.random() < 0.2
        yield span(
            span_id,
            parent,
            trace_id=_trace_id(number),
            start_ms=number * 1000 + position,
            duration_ms=source.choice([1, 10, 2500]),
            name=source.choice(NAMES),
            span_type=source.choice([*TYPES, None]),
            model=source.choice([*MODELS, None]),
            tool_name=source.choice([None, "web", "sql"]),
            cost_usd=source.choice([None, 0.0, 0.25]),
            is_error=failed,
            status_code="ERROR" if failed else source.choice(["OK", "UNSET"]),
            error_message="Bank is shut" if failed else None,
            session_id=source.choice([None, "s-1", "s-2"]),
            tags=source.choice([None, [], ["eu"], ["eu", "plan:pro"]]),
            input=source.choice([None, "To Rome?", "refund"]),
            output=source.choice([None, "By train", "No refund"]),
            metadata=_map(source, ("plan", "seats")),
            attributes=_map(source, ("http.status", "stream")),
            **tokens,
        )


def _map(source: Random, keys: tuple[str, ...]) -> list[tuple[str, str]] | None:
    chosen = [(key, source.choice(WORDS)) for key in keys if source.random() < 0.5]
    return chosen or source.choice([None, []])


def _assessments(source: Random, number: int) -> Iterator[Row]:
    for name in ("quality", "tone"):
        if source.random() < 0.5:
            score, label, value = (f"gen_ai.evaluation.score.{x}" for x in ("value", "label", "x"))
            said = source.choice(
                [
                    {score: source.choice(["1", "4", "0.5"])},
                    {label: source.choice(LABELS)},
                    {score: "4", label: "good"},
                    {"spanlake.assessment.value": source.choice(["true", "false", '"bad"'])},
                    {"error.type": "Timeout", value: "-"},
                ]
            )
            kind = {"spanlake.assessment.kind": source.choice(["feedback", "expectation"])}
            by = {"spanlake.assessment.source_type": source.choice(["HUMAN", "CODE"])}
            yield evaluation(name, said | kind | by, trace_id=_trace_id(number))
