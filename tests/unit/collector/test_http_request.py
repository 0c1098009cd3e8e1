import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence

import orjson
import pytest
from samples import sample
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from spanlake.collector.budget import Budget
from spanlake.collector.http_request import Encoding, Payload, encoding_of, read_payload
from spanlake.entities import Signal
from spanlake.errors import (
    MalformedError,
    OverloadedError,
    RequestError,
    SlowBodyError,
    TooLargeError,
    UnsupportedMediaError,
)
from spanlake.otlp.json_encode import protobuf_to_json

LIMIT = 100_000
PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
GZIP = {"content-encoding": "gzip"}


def request_of(headers: dict[str, str], events: "AsyncIterator[Message] | None" = None) -> Request:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/traces",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    return Request(scope, receive=events.__anext__ if events else None)  # type: ignore[arg-type]


async def coming(
    pieces: Sequence[bytes], *, pause: float = 0, is_whole: bool = True
) -> AsyncIterator[Message]:
    """A body in pieces, that either ends or breaks off."""
    for piece in pieces:
        await asyncio.sleep(pause)
        yield {"type": "http.request", "body": piece, "more_body": True}
    if is_whole:
        yield {"type": "http.request", "body": b"", "more_body": False}
    yield {"type": "http.disconnect"}


class Reader:
    """Reads requests against a budget, whose peak it knows."""

    def __init__(self, budget_bytes: int = 10 * LIMIT) -> None:
        self.budget = Budget(budget_bytes, retry_after=1)
        self.held = 0

    def read(
        self,
        headers: dict[str, str],
        *pieces: bytes,
        signal: Signal = Signal.TRACES,
        pause: float = 0,
        is_whole: bool = True,
    ) -> Payload:
        """Read one body; `held` is then what it took of the budget."""

        async def play() -> Payload:
            request = request_of(headers, coming(pieces, pause=pause, is_whole=is_whole))
            with self.budget.reservation() as held:
                try:
                    return await read_payload(request, signal, held=held, limit=LIMIT, timeout=0.2)
                finally:
                    self.held = held.size

        return asyncio.run(play())


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("application/x-protobuf", Encoding.PROTOBUF),
        ("APPLICATION/json ; charset=utf-8", Encoding.JSON),
        ("application/json;;", Encoding.JSON),
    ],
)
def test_the_media_type_is_the_encoding(declared: str, encoding: Encoding) -> None:
    """OTLP 5: the media type names the encoding in any case, with any parameters."""
    assert encoding_of(request_of({"content-type": declared})) is encoding


@pytest.mark.parametrize("declared", [None, "", "json", "application/json,text/plain", "a/b;json"])
def test_any_other_media_type_is_none(declared: str | None) -> None:
    """OTLP 6: any other media type, or none, is unsupported, and quoted."""
    headers = {} if declared is None else {"content-type": declared}
    with pytest.raises(UnsupportedMediaError, match=f"Content-Type is {declared or ''!r}: must be"):
        encoding_of(request_of(headers))


@pytest.mark.parametrize("is_gzip", [False, True])
@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("items", [1, 500])
def test_every_encoding_is_read_as_the_same_protobuf(
    signal: Signal, items: int, *, is_gzip: bool
) -> None:
    """OTLP 3, 8, 12: a body in pieces, in either encoding, gzipped or not, is its protobuf."""
    sent = sample(signal, items)
    bodies = {"x-protobuf": sent.payload, "json": protobuf_to_json(sent.request)}
    for kind, content in bodies.items():
        headers = {"content-type": f"application/{kind}"} | (GZIP if is_gzip else {})
        body = gzip.compress(content) if is_gzip else content
        pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
        assert Reader().read(headers, *pieces, signal=signal) == Payload(sent.payload)


def test_the_budget_is_taken_as_bytes_come() -> None:
    """A body takes of the budget what has come of it, and its protobuf where that is another."""
    sent = sample(Signal.TRACES, 100)
    reader = Reader()
    reader.read(PROTOBUF, sent.payload)
    assert reader.held == len(sent.payload)
    zipped = gzip.compress(sent.payload)
    reader.read(PROTOBUF | GZIP, zipped)
    assert reader.held == len(zipped) + len(sent.payload)
    with pytest.raises(ClientDisconnect):
        reader.read(PROTOBUF, b"a" * 700, is_whole=False)
    assert reader.held == 700
    assert reader.budget.taken == 0


def test_a_body_is_refused_when_the_budget_is_spent() -> None:
    """OTLP 30: a body that others leave no room for is refused as it comes."""
    reader = Reader(budget_bytes=1000)
    with reader.budget.reservation() as other:
        other.grow(900)
        with pytest.raises(OverloadedError):
            reader.read(PROTOBUF, b"a" * 50, b"a" * 51)
        assert reader.held == 50
    assert reader.budget.taken == 0


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        (PROTOBUF | {"content-length": str(LIMIT + 1)}, []),
        (PROTOBUF | {"content-length": "9" * 20}, []),
        (PROTOBUF, [b"a" * LIMIT, b"a"]),
        (JSON, [b" " * LIMIT, b" "]),
        (PROTOBUF | GZIP, [gzip.compress(bytes(LIMIT + 1))]),
        (JSON | GZIP, [gzip.compress(b" " * (LIMIT + 1))]),
    ],
    ids=["length", "number", "protobuf", "json", "gzip", "json-gzip"],
)
def test_the_limit_holds_before_and_after_decompression(
    headers: dict[str, str], pieces: list[bytes]
) -> None:
    """OTLP 13, 16: what is declared, comes, or inflates to more than the limit is too large."""
    with pytest.raises(TooLargeError, match=str(LIMIT)):
        Reader().read(headers, *pieces)


@pytest.mark.parametrize("declared", ["br", "gzip, br", "gzip,gzip", "zstd"])
def test_other_encodings_are_refused_before_the_body(declared: str) -> None:
    """OTLP 9: another content encoding is refused without reading the body."""
    reader = Reader()
    with pytest.raises(UnsupportedMediaError, match="Content-Encoding"):
        reader.read(PROTOBUF | {"content-encoding": declared}, b"body")
    assert reader.held == 0


@pytest.mark.parametrize("headers", [PROTOBUF, JSON])
def test_a_body_that_takes_too_long_is_given_up(headers: dict[str, str]) -> None:
    """OTLP 55: the whole body has to come in time, however steadily it drips."""
    with pytest.raises(SlowBodyError, match=r"took more than 0\.2 s"):
        Reader().read(headers, *[b" "] * 1000, pause=0.02)


def test_undecodable_json_is_malformed() -> None:
    """OTLP 26: JSON is decoded here, so what is none is malformed here, gzipped or large too."""
    for headers, body in [
        (JSON, b"{"),
        (JSON | GZIP, gzip.compress(b"{")),
        (JSON, b'{"resourceSpans":' + b"[" * 90_000),
    ]:
        with pytest.raises(MalformedError):
            Reader().read(headers, body)


@pytest.mark.parametrize(
    ("document", "strangers"),
    [
        ({}, ""),
        ({"resourceSpans": []}, ""),
        ({"resourceSpans": None}, ""),
        ({"resourceLogs": [{}]}, "resourceLogs"),
        ({"a": 1, "b": 2, "c": 3, "d": 4}, "a, b, c"),
        ({"x" * 50_000: None}, "x" * 40),
    ],
)
def test_json_that_means_nothing_has_a_warning(document: dict[str, object], strangers: str) -> None:
    """OTLP 49: a document without any item whose members are strangers is no error, but odd."""
    payload = Reader().read(JSON, orjson.dumps(document))
    expected = f"nothing is stored: a request for traces has no member {strangers}"
    assert payload == Payload(b"", expected if strangers else "")


def test_strangers_beside_items_are_nothing_to_mention() -> None:
    """OTLP 38: beside items unknown members are ignored without a word."""
    sent = sample(Signal.TRACES)
    document = orjson.loads(protobuf_to_json(sent.request)) | {"resourceLogs": []}
    assert Reader().read(JSON, orjson.dumps(document)) == Payload(sent.payload)


def test_errors_are_of_one_family() -> None:
    """Whatever is wrong with a request, a receiver catches it as a RequestError."""
    kinds = (MalformedError, OverloadedError, SlowBodyError, TooLargeError, UnsupportedMediaError)
    assert all(issubclass(kind, RequestError) for kind in kinds)
