"""What any body sent as a request for traces has to be answered, and a check that it is."""

import gzip
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

from google.protobuf.message import DecodeError
from in_process import InProcess, Post
from mutations import spans_of
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from samples import MARK, sample
from wire import JSON, PROTOBUF, HttpAnswer, read

import spanlake
from spanlake.entities import Signal
from spanlake.errors import MalformedError
from spanlake.otlp.json_decode import json_to_protobuf

_VIEWS = ("spans", "traces", "sessions", "llm_calls")


class Case(NamedTuple):
    """A body, and what it is sent as."""

    body: bytes
    content_type: str = PROTOBUF
    gzipped: bool = False


class Deserved(NamedTuple):
    """The answer to a request that can be decoded: how many spans are taken, how many refused."""

    payload: bytes
    accepted: int
    rejected: int


class Judge:
    """Sends cases to a collector, many at a time, beside a request that is good."""

    def __init__(self, collector: InProcess) -> None:
        self._collector = collector
        self._stored: set[bytes] = set()
        self._good: set[str] = set()
        self.sent = 0
        self.lenient = 0

    def judge(self, cases: Sequence[Case]) -> None:
        """Assert that each is answered as it deserves, and that all spans due are stored."""
        good = sample(Signal.TRACES)
        self._good.add(good.mark)
        every = [*cases, Case(good.payload)]
        before, lenient = self._collector.accepted(Signal.TRACES), self.lenient
        answers = self._collector.send([_post(case) for case in every])
        self.sent += len(answers)
        due = sum(self._due(case, answer) for case, answer in zip(every, answers, strict=True))
        stored = self._collector.accepted(Signal.TRACES) - before
        assert stored == due or (stored > due and self.lenient > lenient)

    def _due(self, case: Case, answer: HttpAnswer) -> int:
        """How many spans a request adds to the lake."""
        deserved = deserved_by(case)
        if deserved is None and answer.status == HTTPStatus.OK and case.content_type == PROTOBUF:
            # A group that does not end, or a field beyond all numbers, is passed over as unknown.
            self.lenient += 1
            return 0
        if deserved is None:
            assert answer.status == HTTPStatus.BAD_REQUEST, answer
            return 0
        assert answer.status == HTTPStatus.OK, answer
        response = ExportTraceServiceResponse()
        read(answer, response)
        assert response.partial_success.rejected_spans == deserved.rejected
        is_new = deserved.payload not in self._stored
        self._stored.add(deserved.payload)
        return deserved.accepted if is_new else 0

    def check_lake(self) -> None:
        """Assert that SQL reads every row, and finds all that was stored and the good ones once."""
        with spanlake.connect(self._collector.data) as lake:
            for view in _VIEWS:
                lake.sql(f"SELECT count(COLUMNS(*)) FROM {view}").fetchall()  # noqa: S608  # ours
            rows = lake.sql("SELECT resource[?], count(*) FROM spans GROUP BY 1", [MARK]).fetchall()
        counts = dict(rows)
        assert sum(counts.values()) == self._collector.accepted(Signal.TRACES)
        assert {mark: counts[mark] for mark in self._good} == dict.fromkeys(self._good, 1)


def deserved_by(case: Case) -> Deserved | None:
    """What protobuf itself makes of a body; None when it cannot be decoded."""
    try:
        is_json = case.content_type == JSON
        payload = json_to_protobuf(Signal.TRACES, case.body) if is_json else case.body
        request = ExportTraceServiceRequest.FromString(payload)
    except (MalformedError, DecodeError):
        return None
    spans = spans_of(request)
    accepted = sum(_has_ids(span) for span in spans)
    return Deserved(payload, accepted, len(spans) - accepted)


def _has_ids(span: Span) -> bool:
    return all(
        len(value) == length and any(value)
        for value, length in ((span.trace_id, 16), (span.span_id, 8))
    )


def _post(case: Case) -> Post:
    if case.gzipped:
        return Post(Signal.TRACES, gzip.compress(case.body, 1), case.content_type, "gzip")
    return Post(Signal.TRACES, case.body, case.content_type)
