"""Stored traces, as the export requests they came in or as the rows of the view `spans`."""

from collections.abc import Callable, Sequence
from typing import IO, Literal

import pyarrow as pa

from spanlake.otlp.export import traces_request
from spanlake.otlp.json_encode import protobuf_to_json
from spanlake.storage.lake import Lake
from spanlake.storage.results.formats import ResultFormat, write_result
from spanlake.storage.texts import restored

OtlpFormat = Literal["otlp-json", "otlp-proto"]

# Spans of one request: it stays in memory while it is made.
_SPANS_A_REQUEST = 10_000
_OF_TRACES = "WHERE trace_id IN (SELECT unnest($ids::VARCHAR[]))"


def write_spans(
    lake: Lake, trace_ids: Sequence[str], output_format: ResultFormat, sink: IO[bytes]
) -> None:
    """Write the rows that the view `spans` has of these traces."""
    write_result(
        lake.sql(f"FROM spans {_OF_TRACES}", {"ids": list(trace_ids)}), output_format, sink
    )


def write_otlp(
    lake: Lake, trace_ids: Sequence[str], output_format: OtlpFormat, sink: IO[bytes]
) -> None:
    """Write all spans of these traces, with everything that was sent of them.

    otlp-proto is one ExportTraceServiceRequest, whatever its size. otlp-json is one request a
    line, of up to 10,000 spans each.
    """
    stored = lake.sql(f"FROM lake.spans {_OF_TRACES}", {"ids": list(trace_ids)})
    for batch in stored.to_arrow_reader(_SPANS_A_REQUEST):
        sink.write(_WRITERS[output_format](restored(pa.Table.from_batches([batch]))))


def _protobuf(spans: pa.Table) -> bytes:
    """Requests written one after another are one request: its only field is repeated."""
    return traces_request(spans).SerializeToString()


def _json_line(spans: pa.Table) -> bytes:
    return protobuf_to_json(traces_request(spans)) + b"\n"


_WRITERS: dict[OtlpFormat, Callable[[pa.Table], bytes]] = {
    "otlp-proto": _protobuf,
    "otlp-json": _json_line,
}
