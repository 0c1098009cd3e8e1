"""Requests made to harm: what is legal in them is kept as it is, and neighbours do not feel it."""

import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hostile import HOSTILE_KEYS, KNOWN_KEYS
from in_process import InProcess, Post
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_requests import items_of
from samples import Sample, resource_of, sample, span, text, traces
from stored import exported, stored_marks
from wire import JSON, PROTOBUF

from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.entities import Signal
from spanlake.otlp.json_encode import protobuf_to_json
from spanlake.semconv.tables import Dialect, load_dialects

MIB = 1 << 20


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[InProcess]:
    """A collector of the test's own, with a limit of 16 MiB."""
    with InProcess(tmp_path / "data", limit=16 * MIB) as running:
        yield running


def nested(depth: int) -> AnyValue:
    value = AnyValue(string_value="innermost")
    for _ in range(depth):
        value = AnyValue(array_value=ArrayValue(values=[value, AnyValue()]))
    return value


SHAPES: dict[str, Callable[[], list[Span]]] = {
    "10,000 keys": lambda: [span(attributes=[text(f"key {n}", "x") for n in range(10_000)])],
    "10,000 keys of a map": lambda: [
        span(attributes=[text(f"gen_ai.request.{n}.x", "1") for n in range(10_000)])
    ],
    "10,000 flattened messages": lambda: [
        span(attributes=[text(f"llm.input_messages.{n}.message.role", "") for n in range(10_000)])
    ],
    "a message of the highest index": lambda: [
        span(attributes=[text("llm.input_messages.9999999999.message.content", "x")])
    ],
    "one key 10,000 times": lambda: [span(attributes=[text("key", str(n)) for n in range(10_000)])],
    "a key of 1 MiB": lambda: [span(attributes=[text("k" * MIB, "x")])],
    "a value of 10 MiB": lambda: [span(attributes=[text("key", "x" * 10 * MIB)])],
    "a name of 1 MiB": lambda: [span("n" * MIB)],
    "hostile keys": lambda: [span(attributes=[text(key, key) for key in HOSTILE_KEYS])],
    "every key that is known": lambda: [span(attributes=[text(key, "[") for key in KNOWN_KEYS])],
    "a value 40 lists deep": lambda: [span(attributes=[KeyValue(key="deep", value=nested(40))])],
    "10,000 events": lambda: [span(events=[Span.Event(name="exception") for _ in range(10_000)])],
    "10,000 links": lambda: [span(links=[Span.Link() for _ in range(10_000)])],
    "20,000 spans": lambda: [span(str(n)) for n in range(20_000)],
}


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_legal_is_kept(collector: InProcess, shape: str, content_type: str) -> None:
    """A span of any shape is stored to the last byte, and so is what is sent beside it."""
    hostile = traces(*SHAPES[shape]())
    neighbours = [sample(Signal.TRACES) for _ in range(3)]
    answers = collector.send([post(each, content_type) for each in (*neighbours, hostile)])
    assert {answer.status for answer in answers} == {200}
    for each in (*neighbours, hostile):
        kept = exported(collector.data, Signal.TRACES, each.mark)
        assert items_of(Signal.TRACES, kept) == items_of(Signal.TRACES, each.request)


def post(each: Sample, content_type: str) -> Post:
    body = protobuf_to_json(each.request) if content_type == JSON else each.payload
    return Post(Signal.TRACES, body, content_type)


def test_a_request_too_large_when_stored_is_refused(collector: InProcess) -> None:
    """A small request whose resource is large for its number of spans is refused, and only it.

    Stored with each span it would be a gigabyte.
    """
    small = [sample(Signal.TRACES) for _ in range(3)]
    large = traces(*(span() for _ in range(2000)))
    resource_of(large.request).attributes.append(text("large", "x" * (MIB // 2)))
    answers = collector.send([post(each, PROTOBUF) for each in (*small, large)])
    assert [answer.status for answer in answers] == [200, 200, 200, 413]
    assert stored_marks(collector.data, Signal.TRACES) == {each.mark: 1 for each in small}


def test_requests_too_large_together_are_stored_apart(collector: InProcess) -> None:
    """Requests that are too large for one file when stored, but not each, are stored all."""
    samples = [traces(*(span() for _ in range(200))) for _ in range(6)]
    for each in samples:
        resource_of(each.request).attributes.append(text("large", "x" * (MIB // 2)))
    answers = collector.send([post(each, PROTOBUF) for each in samples])
    assert {answer.status for answer in answers} == {200}
    assert stored_marks(collector.data, Signal.TRACES) == {each.mark: 200 for each in samples}


HOPELESS = {
    "lists 10,000 deep": (JSON, b"[" * 10_000),
    "objects 10,000 deep": (JSON, b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "values 10,000 deep": (
        JSON,
        b'{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":'
        + b'{"arrayValue":{"values":[' * 10_000
        + b"{}"
        + b"]}}" * 10_000
        + b"}]}}]}",
    ),
    "messages 10,000 deep": (PROTOBUF, b"\x0a\x80\x80\x01" * 10_000),
    "groups 10,000 deep": (PROTOBUF, b"\x0b" * 10_000),
    "a field of 4 GiB": (PROTOBUF, b"\x0a\xff\xff\xff\xff\x0f"),
    "a number that does not end": (PROTOBUF, b"\xff" * 10_000),
    "UTF-16": (JSON, '{"resourceSpans":[]}'.encode("utf-16")),
    "a lone surrogate": (JSON, b'{"resourceSpans":[{"schemaUrl":"\\ud800"}]}'),
    "a number of 10,000 digits": (JSON, b"1" * 10_000),
    "infinity": (JSON, b'{"resourceSpans":Infinity}'),
}


@pytest.mark.parametrize("body", HOPELESS)
def test_what_cannot_be_read_is_refused(collector: InProcess, body: str) -> None:
    """Nesting and lengths that would exhaust a decoder are a bad request; a neighbour is not."""
    neighbour = sample(Signal.TRACES)
    content_type, content = HOPELESS[body]
    hopeless = Post(Signal.TRACES, content, content_type)
    answers = collector.send([post(neighbour, PROTOBUF), hopeless])
    assert [answer.status for answer in answers] == [200, 400]


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


BOMBS: dict[str, tuple[Callable[[], bytes], int]] = {
    "1000 to 1": (lambda: gzipped(bytes(100 * MIB)), 413),
    "in a bomb": (lambda: gzipped(gzipped(bytes(100 * MIB))), 400),
    "in many members": (lambda: gzipped(bytes(MIB)) * 100, 413),
    "of many empty members": (lambda: gzipped(b"") * 100_000, 400),
    "cut short": (lambda: gzipped(bytes(MIB))[:100], 400),
    "with more behind it": (lambda: gzipped(b"") + b"more", 400),
}


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused(collector: InProcess, bomb: str, content_type: str) -> None:
    """What unpacks to more than the limit, or not at all, is refused, and only it."""
    made, status = BOMBS[bomb]
    neighbour = sample(Signal.TRACES)
    posts = [post(neighbour, content_type), Post(Signal.TRACES, made(), content_type, "gzip")]
    assert [answer.status for answer in collector.send(posts)] == [200, status]


def processor_seconds(*requests: Sample) -> float:
    """The least time in which these become rows together."""
    submissions = [Submission.of(each.payload, experiment=None, received_ns=0) for each in requests]
    spent = []
    for _ in range(3):
        began = time.process_time()
        tabulate_spans(submissions)
        spent.append(time.process_time() - began)
    return min(spent)


def prefixes_of(dialect: Dialect) -> list[str]:
    """What the keys of a dialect start with, and those that it reads all of."""
    tables = (dialect.columns, dialect.usage)
    sources = [source.key for table in tables for each in table.values() for source in each]
    return [*dialect.speakers.prefixes, *(key[:-1] for key in sources if key.endswith("*"))]


def keys_of(prefix: str, count: int) -> Sample:
    """A span with so many keys."""
    return traces(span(attributes=[text(f"{prefix}{number}.x", "1") for number in range(count)]))


PREFIXES = sorted({prefix for dialect in load_dialects() for prefix in prefixes_of(dialect)})


@pytest.mark.slow
@pytest.mark.parametrize("prefix", PREFIXES)
def test_keys_cost_what_they_cost(prefix: str) -> None:
    """Eight times the keys take about eight times as long, not sixty-four times."""
    assert processor_seconds(keys_of(prefix, 8000)) < 24 * processor_seconds(keys_of(prefix, 1000))


@pytest.mark.slow
@pytest.mark.parametrize("prefix", PREFIXES)
def test_keys_are_no_burden_to_neighbours(prefix: str) -> None:
    """A span of many keys among many spans takes about as long as both by themselves."""
    keys, neighbours = keys_of(prefix, 2000), sample(Signal.TRACES, 10_000)
    apart = processor_seconds(keys) + processor_seconds(neighbours)
    assert processor_seconds(keys, neighbours) < 3 * apart
