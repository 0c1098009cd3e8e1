"""OTLP: whatever is accepted comes out of the tables again as it was sent."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_requests import Item, any_message, any_request, items_of, span_with_value

from spanlake.collector.submission import Submission, Table
from spanlake.collector.tabulate import tabulate_logs, tabulate_metrics, tabulate_spans
from spanlake.entities import Signal
from spanlake.otlp.export import logs_request, metrics_request, traces_request
from spanlake.otlp.messages import parse
from spanlake.otlp.spans import decode_spans
from spanlake.storage.texts import restored

TABULATE: Mapping[Signal, Callable[[list[Submission]], Table]] = {
    Signal.TRACES: tabulate_spans,
    Signal.LOGS: tabulate_logs,
    Signal.METRICS: tabulate_metrics,
}


def tabulated(signal: Signal, requests: Sequence[Message]) -> Table:
    payloads = [request.SerializeToString() for request in requests]
    return TABULATE[signal](
        [Submission.of(payload, experiment=None, received_ns=0) for payload in payloads]
    )


def exported(signal: Signal, table: Table) -> Message:
    match signal:
        case Signal.TRACES:
            return traces_request(restored(table.rows))
        case Signal.LOGS:
            return logs_request(table.rows)
        case Signal.METRICS:
            return metrics_request(table.rows)


def is_good(signal: Signal, item: Item) -> bool:
    match signal:
        case Signal.TRACES:
            span = Span.FromString(item.item)
            return len(span.trace_id) == 16 and len(span.span_id) == 8
        case Signal.LOGS:
            record = LogRecord.FromString(item.item)
            return len(record.trace_id) in (0, 16) and len(record.span_id) in (0, 8)
        case Signal.METRICS:
            return True


def good_items(signal: Signal, request: Message) -> Counter[Item]:
    items = items_of(signal, request).items()
    return Counter({item: count for item, count in items if is_good(signal, item)})


@pytest.mark.parametrize("signal", Signal)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_good_item_comes_back(signal: Signal, data: st.DataObject) -> None:
    """Items with proper ids are exported as they were sent, and only they count as accepted."""
    requests = data.draw(st.lists(any_request(signal), min_size=1, max_size=2))
    table = tabulated(signal, requests)
    good = [good_items(signal, request) for request in requests]
    assert items_of(signal, exported(signal, table)) == sum(good, Counter())
    assert [receipt.accepted for receipt in table.receipts] == [each.total() for each in good]


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(
        any_message(AnyValue), max_size=4, unique_by=lambda value: value.WhichOneof("value")
    )
)
def test_the_last_value_on_the_wire_counts(values: list[Message]) -> None:
    """A value that sets several members of its oneof is read as protobuf reads it."""
    payload = span_with_value(b"".join(value.SerializeToString() for value in values))
    table = decode_spans([payload]).table
    read = parse(Signal.TRACES, payload)
    assert items_of(Signal.TRACES, traces_request(table)) == items_of(Signal.TRACES, read)
