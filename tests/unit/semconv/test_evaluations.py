import json
from typing import Any

import pyarrow as pa
import pytest
from spans import Attributes, SpanSpec, raw_spans

from spanlake.semconv.normalise import default_normaliser

NOTHING: dict[str, Any] = dict.fromkeys(
    ("score", "label", "explanation", "annotator_kind", "identifier", "metadata", "time_ns",
     "error_type")
)  # fmt: skip


def evaluations(*specs: SpanSpec) -> list[list[dict[str, Any]] | None]:
    table = default_normaliser().normalise(raw_spans(*specs), pa.nulls(len(specs), pa.string()))
    texts = table.table["evaluations"].to_pylist()
    return [None if each is None else json.loads(each) for each in texts]


@pytest.mark.parametrize("kind", ["annotation", "evaluation"])
@pytest.mark.parametrize(("place", "target"), [("", "span"), ("trace.", "trace"),
                                               ("session.", "session")])  # fmt: skip
def test_openinference_has_them_in_attributes(kind: str, place: str, target: str) -> None:
    """An evaluation of a span, its trace or its session is flattened into attributes."""
    prefix = f"{place}{kind}s.0.{kind}"
    attributes: Attributes = {
        f"{prefix}.name": "correctness",
        f"{prefix}.score": 0.75,
        f"{prefix}.label": "good",
        f"{prefix}.explanation": "It is so.",
        f"{prefix}.annotator_kind": "llm",
        f"{prefix}.identifier": "judge-1",
        f"{prefix}.metadata": '{"model": "gpt-4o"}',
    }
    assert evaluations(SpanSpec(), SpanSpec(attributes)) == [
        None,
        [
            {
                **NOTHING,
                "target": target,
                "name": "correctness",
                "score": 0.75,
                "label": "good",
                "explanation": "It is so.",
                "annotator_kind": "LLM",
                "identifier": "judge-1",
                "metadata": {"model": "gpt-4o"},
            }
        ],
    ]


def test_opentelemetry_has_them_in_events() -> None:
    """Each event of an evaluation is one, with its time and the error that it ended with."""
    event = "gen_ai.evaluation.result"
    spec = SpanSpec(
        events=[
            (event, {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 1.0}),
            (event, {"gen_ai.evaluation.name": "safety", "gen_ai.evaluation.score.label": "safe",
                     "gen_ai.evaluation.explanation": "No harm."}),
            (event, {"gen_ai.evaluation.name": "style", "error.type": "timeout"}),
            (event, {"gen_ai.evaluation.score.value": 1.0}),
            ("log", {"gen_ai.evaluation.name": "relevance"}),
        ]
    )  # fmt: skip
    assert evaluations(spec, SpanSpec()) == [
        [
            {**NOTHING, "target": "span", "time_ns": 0, "name": "relevance", "score": 1.0},
            {
                **NOTHING,
                "target": "span",
                "time_ns": 0,
                "name": "safety",
                "label": "safe",
                "explanation": "No harm.",
            },
            {
                **NOTHING,
                "target": "span",
                "time_ns": 0,
                "name": "style",
                "error_type": "timeout",
            },
        ],
        None,
    ]


@pytest.mark.parametrize("score", ["high", "nan", "inf", "", "-inf", "1" * 5000])
def test_a_score_that_is_no_number_is_none(score: str) -> None:
    """An evaluation whose score is no finite number keeps the rest of what it says."""
    attributes: Attributes = {
        "annotations.0.annotation.name": "correctness",
        "annotations.0.annotation.score": score,
        "annotations.1.annotation.score": 1,
    }
    (found,) = evaluations(SpanSpec(attributes))
    assert found == [{**NOTHING, "target": "span", "name": "correctness"}]
