"""Whatever attributes a span has, it gets its row: nothing raises, and nothing of it is lost."""

import orjson
import pyarrow as pa
from chance import chance
from hostile import HOSTILE_KEYS, attribute
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from otlp_requests import items_of
from samples import span

from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.entities import Signal
from spanlake.otlp.export import traces_request
from spanlake.otlp.spans import decode_spans
from spanlake.semconv.columns import CANONICAL
from spanlake.semconv.normalise import Canonical, default_normaliser
from spanlake.storage.texts import restored

attributes = st.lists(st.integers(0, 2**64).map(chance).map(attribute), max_size=12)
"""Attributes that dialects read or that are meant to harm, of any values; keys may repeat."""

thorough = settings(derandomize=True, deadline=None, max_examples=150, database=None)
LARGEST_COUNT = 2**53
COUNTS = [field.name for field in CANONICAL if field.name.endswith("_tokens")]


def request_of(resource: list[KeyValue], spans: list[list[KeyValue]]) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    of_resource.resource.attributes.extend(resource)
    of_resource.scope_spans.add().spans.extend(span(attributes=each) for each in spans)
    return request


def normalised(request: ExportTraceServiceRequest) -> Canonical:
    raw = decode_spans([request.SerializeToString()]).table
    return default_normaliser().normalise(raw, pa.nulls(len(raw), pa.string()))


@thorough
@given(resource=attributes, spans=st.lists(attributes, max_size=6))
def test_any_span_is_normalised(resource: list[KeyValue], spans: list[list[KeyValue]]) -> None:
    """Every span has its canonical columns; what could not be read is told by its attribute."""
    table = normalised(request_of(resource, spans)).table
    assert table.schema == CANONICAL
    assert len(table) == len(spans)
    for own, errors in zip(spans, table["semconv_errors"].to_pylist(), strict=True):
        keys = {each.key for each in (*own, *resource)}
        assert [
            e for e in errors or () if not any(e.startswith(f"{key} is ") for key in keys)
        ] == []


@thorough
@given(resource=attributes, spans=st.lists(attributes, min_size=1, max_size=6))
def test_canonical_values_are_sound(resource: list[KeyValue], spans: list[list[KeyValue]]) -> None:
    """Counts are in range, costs are not negative, and parameters are a JSON object."""
    for row in normalised(request_of(resource, spans)).table.to_pylist():
        counts = [row[name] for name in COUNTS if row[name] is not None]
        assert all(0 <= count <= 3 * LARGEST_COUNT for count in counts)
        assert row["cost_usd"] is None or row["cost_usd"] >= 0
        assert row["experiment"]
        if row["request_params"] is not None:
            assert isinstance(orjson.loads(row["request_params"]), dict)


@thorough
@given(resource=attributes, spans=st.lists(attributes, max_size=6))
def test_no_attribute_is_lost(resource: list[KeyValue], spans: list[list[KeyValue]]) -> None:
    """What is stored of a span is all that was sent, with the texts that columns hold put back."""
    request = request_of(resource, spans)
    submission = Submission.of(request.SerializeToString(), experiment=None, received_ns=0)
    again = traces_request(restored(tabulate_spans([submission]).rows))
    assert items_of(Signal.TRACES, again) == items_of(Signal.TRACES, request)


def test_what_nobody_reads_is_no_error() -> None:
    """Attributes that no dialect knows leave no complaint."""
    foreign = [KeyValue(key=f"x.{key}") for key in HOSTILE_KEYS]
    table = normalised(request_of([], [foreign])).table
    assert table["semconv_errors"].to_pylist() == [None]
