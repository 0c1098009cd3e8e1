"""Spans as second-tier emitters send them, and what they must become.

Each case in `tests/data/second_tier` is one span: what its emitter wrote, decoded, and the columns
that follow from what the app did. LlamaIndex, Langtrace, Laminar, AgentOps, Genkit and Semantic
Kernel (Python) were run against a model double; the others follow their sources and documents.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from spans import SpanSpec, raw_spans

from spanlake.semconv.columns import CANONICAL
from spanlake.semconv.normalise import default_normaliser

CASES = Path(__file__).parents[2] / "data" / "second_tier"


@dataclass(frozen=True, slots=True)
class Case:
    """A span under the name of its emitter; scope: the instrumentation scope's name."""

    title: str
    name: str
    scope: str
    spec: SpanSpec
    expected: dict[str, Any]


def _status(told: list[Any]) -> Status | None:
    return Status(code=told[0], message=told[1]) if told else None


def cases() -> Iterator[Case]:
    """Every case, by emitter."""
    for path in sorted(CASES.glob("*.json")):
        for told in json.loads(path.read_text("utf-8")):
            spec = SpanSpec(
                attributes=told["attributes"],
                resource=told.get("resource", {}),
                events=[(name, attributes) for name, attributes in told.get("events", [])],
                status=_status(told.get("status", [])),
            )
            title = f"{path.stem}: {told['title']}"
            yield Case(title, told.get("name", "span"), told["scope"], spec, told["expected"])


def columns_of(case: Case) -> dict[str, Any]:
    """The canonical columns of a case's span."""
    spans = raw_spans(case.spec)
    for column, text in (("name", case.name), ("scope_name", case.scope)):
        values = pa.array([text], spans[column].type)
        spans = spans.set_column(spans.column_names.index(column), column, values)
    table = default_normaliser().normalise(spans, pa.nulls(1, pa.string())).table
    columns: dict[str, Any] = table.to_pylist()[0]
    return columns


def comparable(value: object, expected: object) -> object:
    """A column's value in the form in which a case tells it: JSON read, a map as an object."""
    if isinstance(value, str) and isinstance(expected, list | dict):
        return json.loads(value)
    if isinstance(value, list) and isinstance(expected, dict):
        return dict(value)
    return value


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.title)
def test_what_an_emitter_sends_reaches_its_columns(case: Case) -> None:
    """Every fact a second-tier emitter sends is in its canonical column, and nothing invented."""
    columns = columns_of(case)
    seen = {name: comparable(columns[name], value) for name, value in case.expected.items()}
    assert seen == case.expected
    assert columns["semconv_errors"] is None


def test_the_cases_name_columns_that_exist() -> None:
    """A case cannot pass by a column's name that is misspelt."""
    named = {name for case in cases() for name in case.expected}
    assert named <= set(CANONICAL.names)
