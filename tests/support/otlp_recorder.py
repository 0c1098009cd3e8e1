"""A receiver of OTLP/HTTP that keeps every request as it came."""

import gzip
from http import HTTPStatus

from http_double import Handler, HttpDouble

from spanlake.entities import Signal


class OtlpRecorder(HttpDouble):
    """The receiver on a free port, from entering the context until leaving it.

    requests: signal and protobuf of each, in the order of their arrival. is_away: set it to have
    everything refused for now, and kept nowhere.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[Signal, bytes]] = []
        self.is_away = False
        super().__init__(_Handler, recorder=self)


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    recorder: OtlpRecorder

    def reply(self) -> None:
        body = self.body()
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        if not self.recorder.is_away:
            self.recorder.requests.append((Signal(self.path.removeprefix("/v1/")), body))
        status = HTTPStatus.SERVICE_UNAVAILABLE if self.recorder.is_away else HTTPStatus.OK
        self.answer(status, headers={"Content-Type": "application/x-protobuf"})
