"""Evaluations that arrive on spans: OpenInference's attributes and OpenTelemetry's span events."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.attributes import AttributeIndex
from spanlake.semconv.flattened import trees
from spanlake.semconv.json_values import NOTHING, Json, as_text, parse_container

_EVENT = "gen_ai.evaluation.result"
# Prefix of OpenInference's keys, what is judged, and the name of one entry.
_PREFIXES = [
    (f"{place}{plural}.", target, singular)
    for place, target in (("", "span"), ("trace.", "trace"), ("session.", "session"))
    for plural, singular in (("annotations", "annotation"), ("evaluations", "evaluation"))
]
_MAX = 1000


def evaluations_of(spans: pa.Table, attributes: AttributeIndex) -> pa.StringArray:
    """For each span a JSON list of the evaluations it carries, or null.

    An entry has target (span, trace or session), name, score, label, explanation, annotator_kind
    (HUMAN, LLM or CODE), identifier, metadata, time_ns and error_type, null where not told.
    """
    rows: dict[int, list[dict[str, Json]]] = {}
    for prefix, target, singular in _PREFIXES:
        if attributes.keys(prefix):
            for row, tree in trees(attributes, prefix).items():
                for entry in tree if isinstance(tree, list) else []:
                    held = entry.get(singular) if isinstance(entry, dict) else None
                    if isinstance(held, dict) and held.get("name"):
                        rows.setdefault(row, []).append(_of_attributes(held, target))
    _add_events(rows, whole(spans["events"]))
    texts = [as_text(rows[row][:_MAX]) if row in rows else None for row in range(len(spans))]
    return pa.array(texts, pa.string()) if rows else pa.nulls(len(spans), pa.string())


def _of_attributes(held: dict[str, Json], target: str) -> dict[str, Json]:
    metadata = held.get("metadata")
    if isinstance(metadata, str):
        inner = parse_container(metadata)
        metadata = None if inner is NOTHING else inner
    kind = held.get("annotator_kind")
    return {
        "target": target,
        "name": held["name"],
        "score": _number(held.get("score")),
        "label": held.get("label"),
        "explanation": held.get("explanation"),
        "annotator_kind": kind.upper() if isinstance(kind, str) else None,
        "identifier": held.get("identifier"),
        "metadata": metadata if isinstance(metadata, dict) else None,
        "time_ns": None,
        "error_type": None,
    }


def _add_events(rows: dict[int, list[dict[str, Json]]], events: pa.ListArray) -> None:
    structs = events.flatten()
    is_evaluation = pc.fill_null(pc.equal(structs.field("name"), _EVENT), False)
    at = np.flatnonzero(is_evaluation.to_numpy(zero_copy_only=False))
    if not len(at):
        return
    chosen = structs.take(pa.array(at))
    owners = pc.list_parent_indices(events).to_numpy()[at].tolist()
    times = chosen.field("time_ns").to_pylist()
    maps = chosen.field("attributes").to_pylist(maps_as_pydicts="lossy")
    for row, time, held in zip(owners, times, maps, strict=True):
        if held and held.get("gen_ai.evaluation.name"):
            rows.setdefault(row, []).append(_of_event(held, time))


def _of_event(held: dict[str, Json], time_ns: int | None) -> dict[str, Json]:
    return {
        "target": "span",
        "name": held["gen_ai.evaluation.name"],
        "score": _number(held.get("gen_ai.evaluation.score.value")),
        "label": held.get("gen_ai.evaluation.score.label"),
        "explanation": held.get("gen_ai.evaluation.explanation"),
        "annotator_kind": None,
        "identifier": None,
        "metadata": None,
        "time_ns": time_ns,
        "error_type": held.get("error.type"),
    }


def _number(value: Json) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
