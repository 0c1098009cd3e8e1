import inspect
import json

import grpc
import pytest
from google.protobuf import json_format
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status

from spanlake import errors
from spanlake.collector.answers import (
    code_of,
    response_json,
    response_of,
    status_json,
    status_message,
    status_of,
)
from spanlake.entities import Receipt, Signal
from spanlake.errors import (
    MalformedError,
    OverloadedError,
    QuotaError,
    RequestError,
    SlowBodyError,
    TooLargeError,
)

REFUSALS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, RequestError) and kind is not RequestError
]
# After these OTLP lets a client send the same again.
RETRYABLE_HTTP = {429, 502, 503, 504}
RETRYABLE_GRPC = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}
REJECTED_KEYS = {
    Signal.TRACES: "rejectedSpans",
    Signal.LOGS: "rejectedLogRecords",
    Signal.METRICS: "rejectedDataPoints",
}


def details_of(error: RequestError, kind: type[RetryInfo | BadRequest]) -> list[str]:
    """The details of a kind in an error's status, as JSON."""
    found = []
    for packed in status_of(error).details:
        detail = kind()
        if packed.Unpack(detail):
            found.append(json_format.MessageToJson(detail, indent=None))
    return found


@pytest.mark.parametrize("kind", REFUSALS)
def test_only_an_overload_asks_for_another_try(kind: type[RequestError]) -> None:
    """OTLP 29, 31, 32: every refusal has its codes, and only an overload's are retryable."""
    error = kind("why")
    is_overload = issubclass(kind, OverloadedError)
    assert (code_of(error).http in RETRYABLE_HTTP) is is_overload
    assert bool(details_of(error, RetryInfo)) is is_overload
    # The one is of HTTP alone; of the other the RetryInfo makes it so.
    if kind not in (SlowBodyError, QuotaError):
        assert (code_of(error).grpc in RETRYABLE_GRPC) is is_overload


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_status_says_what_the_error_says(kind: type[RequestError]) -> None:
    """OTLP 28: the status of a refusal carries its gRPC code and its text."""
    status = status_of(kind("the whole truth"))
    assert status.code == code_of(kind("")).grpc.value[0]
    assert status.message == "the whole truth"


@pytest.mark.parametrize(
    ("seconds", "delay"), [(1.0, "1s"), (0.25, "0.250s"), (90.5, "90.500s"), (0.0, "0s")]
)
def test_an_overload_says_when_to_come_again(seconds: float, delay: str) -> None:
    """OTLP 30: the delay of an overload is in its RetryInfo, to the fraction of a second."""
    (detail,) = details_of(OverloadedError("busy", retry_after=seconds), RetryInfo)
    assert json.loads(detail) == {"retryDelay": delay}


def test_a_malformed_request_is_a_bad_request() -> None:
    """OTLP 27: what cannot be decoded has a BadRequest with the reason; nothing else has one."""
    (detail,) = details_of(MalformedError("not so"), BadRequest)
    assert json.loads(detail) == {"fieldViolations": [{"description": "not so"}]}
    assert details_of(TooLargeError("huge"), BadRequest) == []


@pytest.mark.parametrize("signal", Signal)
def test_full_success_is_an_empty_message(signal: Signal) -> None:
    """OTLP 18: when all is accepted, partial_success is not set."""
    response = response_of(signal, Receipt(accepted=5))
    assert response.SerializeToString() == b""
    assert response_json(response) == b"{}"


@pytest.mark.parametrize("signal", Signal)
def test_partial_success_has_count_and_reason(signal: Signal) -> None:
    """OTLP 21, 22, 23: what is rejected is counted under its signal's name; a warning counts 0."""
    rejecting = response_of(signal, Receipt(accepted=5, rejected=2, reason="no id"))
    assert json.loads(response_json(rejecting)) == {
        "partialSuccess": {REJECTED_KEYS[signal]: "2", "errorMessage": "no id"}
    }
    warning = response_of(signal, Receipt(accepted=5, reason="beware"))
    assert json.loads(response_json(warning)) == {"partialSuccess": {"errorMessage": "beware"}}


@pytest.mark.parametrize("signal", Signal)
def test_no_answer_is_long(signal: Signal) -> None:
    """OTLP 17: texts are cut, so that every answer is far below 4 MiB."""
    endless = "\u00e9" * 10_000_000
    assert len(response_json(response_of(signal, Receipt(0, 1, endless)))) < 20_000
    for error in (MalformedError(endless), OverloadedError(endless)):
        assert len(status_json(status_of(error))) < 20_000


def test_a_status_in_json_reads_back() -> None:
    """OTLP 28: a status in JSON is protobuf's own mapping of it, details included."""
    for status in (
        status_of(OverloadedError("busy", retry_after=2)),
        status_of(MalformedError("not \u00e9 so")),
        status_message(grpc.StatusCode.UNIMPLEMENTED, "not here"),
    ):
        assert json_format.Parse(status_json(status), Status()) == status
