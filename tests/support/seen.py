"""The rows that the public views have of a capture, and every value that was sent in them."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from captures import Capture

import spanlake

Row = Mapping[str, Any]

_QUERIES = {
    "spans": "SELECT * FROM spans ORDER BY start_time_ns, end_time_ns DESC, span_id",
    "traces": "SELECT * FROM traces ORDER BY start_time, trace_id",
    "calls": "SELECT * FROM llm_calls ORDER BY start_time, end_time, span_id",
    "logs": "SELECT * FROM logs ORDER BY time_ns",
}


@dataclass
class Seen:
    """The rows of one capture, in the order of time."""

    spans: list[Row] = field(default_factory=list)
    traces: list[Row] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    logs: list[Row] = field(default_factory=list)

    @property
    def model_calls(self) -> list[Row]:
        """The calls of models that answer."""
        return [call for call in self.calls if call["span_type"] == "LLM"]

    @property
    def embeddings(self) -> list[Row]:
        """The calls of embedding models."""
        return [call for call in self.calls if call["span_type"] == "EMBEDDING"]

    @cached_property
    def sent(self) -> dict[str, set[object]]:
        """By span id, each value that was sent with the span or a log record of it."""
        found: dict[str, set[object]] = defaultdict(set)
        for span in self.spans:
            found[span["span_id"]].update(values_in(span["attributes"]), values_in(span["events"]))
        for log in self.logs:
            found[log["span_id"]].update(values_in(log["body"]), values_in(log["attributes"]))
        return found

    @cached_property
    def all_sent(self) -> set[object]:
        """Each value that was sent."""
        return set().union(*self.sent.values())

    @property
    def requested_models(self) -> set[str]:
        """The models that an attribute of a model call calls requested."""
        ids = {call["span_id"] for call in self.calls}
        return {
            value
            for span in self.spans
            if span["span_id"] in ids
            for key, value in span["attributes"].items()
            if re.search(r"request[._]model", key)
        }

    def sent_in(self, trace_id: str) -> set[object]:
        """Each value that was sent in one trace."""
        ids = [span["span_id"] for span in self.spans if span["trace_id"] == trace_id]
        return set().union(*(self.sent[span_id] for span_id in ids))


def values_in(value: object) -> Iterator[object]:
    """Each scalar in a value, those in JSON texts, too."""
    match value:
        case dict():
            for inner in value.values():
                yield from values_in(inner)
        case list():
            for inner in value:
                yield from values_in(inner)
        case str():
            yield value
            if value[:1] in {"{", "[", '"'}:
                inner = read_json(value)
                if inner != value:
                    yield from values_in(inner)
        case _:
            yield value


def read_json(text: object) -> object:
    """What a JSON text says; what is no JSON text is itself."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def look(data: Path, captures: Iterable[Capture]) -> dict[str, Seen]:
    """Ask the lake in `data` about all captures at once; by name of the capture."""
    owners = {trace_id: capture.name for capture in captures for trace_id in capture.trace_ids}
    seen = {name: Seen() for name in owners.values()}
    with spanlake.connect(data) as lake:
        for name, query in _QUERIES.items():
            found = lake.sql(query)
            for values in found.fetchall():
                row = dict(zip(found.columns, values, strict=True))
                if row["trace_id"] in owners:
                    getattr(seen[owners[row["trace_id"]]], name).append(row)
    return seen
