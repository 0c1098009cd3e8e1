"""Secrets that nobody owns, made when they are asked for, and requests that hide one in places."""

import base64
import hashlib
import json
import random
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Exemplar, Metric, NumberDataPoint
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from spanlake.entities import Signal

_HEX = "0123456789abcdef"
_WORD = string.ascii_letters + string.digits
_NANOS = 1_760_000_000_000_000_000
_IBANS = {"DE": 18, "GB": None, "FR": 23, "ES": 20, "NL": None, "BE": 12, "AT": 16}


class Planted(NamedTuple):
    """text: what is planted. secret: the part of it that must be found nowhere. rule: whose it is.

    The rule is what a reader expects; another that takes the same out does as well.
    """

    text: str
    secret: str
    rule: str


def planted(count: int, seed: int = 8) -> list[Planted]:
    """So many secrets, of every form in turns."""
    chosen = random.Random(seed)  # noqa: S311  # no secret
    forms = _forms(chosen)
    return [_planted(forms[number % len(forms)]) for number in range(count)]


def _planted(form: tuple[str, Callable[[], str | tuple[str, str]]]) -> Planted:
    rule, make = form
    made = make()
    text, secret = made if isinstance(made, tuple) else (made, made)
    return Planted(text, secret, rule)


def _forms(chosen: random.Random) -> list[tuple[str, Callable[[], str | tuple[str, str]]]]:
    def some(letters: str, length: int) -> str:
        return "".join(chosen.choices(letters, k=length))

    def within(template: str, secret: str) -> tuple[str, str]:
        return template.format(secret), secret

    def pem() -> tuple[str, str]:
        body = base64.b64encode(chosen.randbytes(96)).decode()
        kind = chosen.choice(["RSA ", "EC ", "", "OPENSSH "])
        return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----", body

    def jwt() -> str:
        parts = ({"alg": "HS256"}, {"sub": some(_HEX, 12)})
        told = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
        return ".".join([each.rstrip("=") for each in told] + [some(_WORD, 43)])

    def basic() -> tuple[str, str]:
        pair = f"{some(string.ascii_lowercase, 6)}:{some(_WORD, 10)}"
        return within("Authorization: Basic {}", base64.b64encode(pair.encode()).decode())

    def phone() -> str:
        digits = f"{chosen.randint(200, 989)} {chosen.randint(200, 989)} {some('23456789', 4)}"
        return chosen.choice(
            [f"+1 {digits}", digits.replace(" ", "-"), f"+49 30 {some('123456789', 7)}"]
        )

    def ssn() -> str:
        area = chosen.choice([*range(1, 666), *range(667, 900)])
        return f"{area:03}-{chosen.randint(1, 99):02}-{chosen.randint(1, 9999):04}"

    return [
        ("openai_key", lambda: f"sk-proj-A1{some(_WORD, 46)}"),
        ("anthropic_key", lambda: f"sk-ant-api03-{some(_WORD + '-_', 80)}"),
        ("openrouter_key", lambda: f"sk-or-v1-{some(_HEX, 64)}"),
        ("google_api_key", lambda: f"AIza{some(_WORD + '-_', 35)}"),
        ("huggingface_token", lambda: f"hf_{some(_WORD, 34)}"),
        ("model_provider_key", lambda: f"gsk_{some(_WORD, 52)}"),
        ("model_provider_key", lambda: f"lsv2_pt_{some(_HEX, 32)}_{some(_HEX, 10)}"),
        ("aws_access_key", lambda: f"AKIA{some(string.ascii_uppercase + '234567', 16)}"),
        ("aws_secret_key", lambda: within("aws_secret_access_key = {}", some(_WORD, 40))),
        ("github_token", lambda: f"ghp_{some(_WORD, 36)}"),
        ("github_token", lambda: f"github_pat_{some(_WORD, 22)}_{some(_WORD, 59)}"),
        ("gitlab_token", lambda: f"glpat-{some(_WORD, 20)}"),
        ("slack_token", lambda: f"xoxb-{some('0123456789', 12)}-{some(_WORD, 24)}"),
        ("stripe_key", lambda: f"sk_live_{some(_WORD, 24)}"),
        ("service_token", lambda: f"npm_{some(_WORD, 36)}"),
        ("service_token", lambda: f"SG.{some(_WORD, 22)}.{some(_WORD, 43)}"),
        ("jwt", jwt),
        ("private_key", pem),
        ("authorization", lambda: within("Authorization: Bearer {}", some(_WORD, 32))),
        ("authorization", basic),
        ("url_password", lambda: within("postgres://app:{}@db:5432/prod", some(_WORD, 14))),
        ("assigned_secret", lambda: within("login with password={} now", f"a1{some(_WORD, 8)}")),
        ("email", lambda: f"{some(string.ascii_lowercase, 8)}.q@example-{some(_HEX, 4)}.com"),
        ("phone", phone),
        ("card", lambda: _card(chosen)),
        ("iban", lambda: _iban(chosen)),
        ("ssn", ssn),
    ]


def _card(chosen: random.Random) -> str:
    body = chosen.choice(["4", "51", "55", "6011"])
    body += "".join(chosen.choices(string.digits, k=15 - len(body)))
    doubled = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(body))
    number = body + str(-doubled % 10)
    separator = chosen.choice(["", " ", "-"])
    return separator.join(number[i : i + 4] for i in range(0, 16, 4))


def _iban(chosen: random.Random) -> str:
    country = chosen.choice([c for c, digits in _IBANS.items() if digits])
    body = "".join(chosen.choices(string.digits, k=_IBANS[country] or 0))
    as_digits = "".join(str(int(c, 36)) for c in f"{body}{country}00")
    whole = f"{country}{98 - int(as_digits) % 97:02}{body}"
    return chosen.choice([whole, " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))])


def text_value(text: str) -> AnyValue:
    """A string."""
    return AnyValue(string_value=text)


def _pair(key: str, text: str) -> KeyValue:
    return KeyValue(key=key, value=text_value(text))


def _nested(text: str) -> AnyValue:
    inner = ArrayValue(values=[text_value("before"), text_value(text)])
    pairs = [KeyValue(key="list", value=AnyValue(array_value=inner)), _pair("note", "kept")]
    return AnyValue(kvlist_value=KeyValueList(values=pairs))


def _messages(text: str) -> str:
    """A conversation with a tool call, whose arguments are JSON inside JSON inside JSON."""
    arguments = json.dumps({"note": text, "deeper": json.dumps({"note": text})})
    parts: list[dict[str, Any]] = [
        {"type": "text", "content": f"please use {text}, thanks"},
        {"type": "tool_call", "id": "call_1", "name": "send", "arguments": arguments},
    ]
    return json.dumps([{"role": "user", "parts": parts}])


def _span(text: str, **fields: Any) -> Message:  # noqa: ANN401  # of a span
    return _traces(Span(**{"name": "chat", **_ids(text), **fields}))


def _ids(text: str) -> dict[str, Any]:
    digest = hashlib.sha256(text.encode()).digest()
    return {"trace_id": digest[:16], "span_id": digest[16:24]}


def _traces(
    span: Span, resource: Sequence[KeyValue] = (), scope: Sequence[KeyValue] = ()
) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add(resource=Resource(attributes=resource))
    resource_spans.scope_spans.add(
        scope=InstrumentationScope(name="t", attributes=scope), spans=[span]
    )
    return request


def _log(**fields: Any) -> ExportLogsServiceRequest:  # noqa: ANN401  # of a record
    request = ExportLogsServiceRequest()
    record = LogRecord(time_unix_nano=_NANOS, **fields)
    request.resource_logs.add().scope_logs.add(log_records=[record])
    return request


def _metric(attributes: list[KeyValue], exemplars: list[Exemplar]) -> ExportMetricsServiceRequest:
    point = NumberDataPoint(
        as_int=1, time_unix_nano=_NANOS, attributes=attributes, exemplars=exemplars
    )
    metric = Metric(name="requests")
    metric.gauge.data_points.append(point)
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add(metrics=[metric])
    return request


def places(text: str) -> Iterator[tuple[str, Signal, Message]]:
    """A request for every place a text may be in: the place's name, the signal, the request."""
    traces, logs, metrics = Signal.TRACES, Signal.LOGS, Signal.METRICS
    pair = _pair("note", text)
    event = Span.Event(name="said", time_unix_nano=_NANOS, attributes=[pair])
    link = Span.Link(trace_id=b"l" * 16, span_id=b"l" * 8, attributes=[pair])
    status = Status(code=Status.STATUS_CODE_ERROR, message=f"failed with {text}")
    plain = Span(name="plain", **_ids(text))
    twice = [_pair("twice", "first"), _pair("twice", text)]
    told = _pair("gen_ai.input.messages", _messages(text))
    in_bytes = KeyValue(key="raw", value=AnyValue(bytes_value=f"<{text}>".encode()))
    yield "attribute", traces, _span(text, attributes=[pair])
    yield "attribute name", traces, _span(text, attributes=[_pair(text, "value")])
    yield "repeated attribute", traces, _span(text, attributes=twice)
    yield "bytes", traces, _span(text, attributes=[in_bytes])
    yield "nested value", traces, _span(text, attributes=[KeyValue(key="n", value=_nested(text))])
    yield (
        "messages",
        traces,
        _span(text, attributes=[told]),
    )
    yield "span name", traces, _span(text, name=f"chat {text}")
    yield "status", traces, _span(text, status=status)
    yield "event", traces, _span(text, events=[event])
    yield "event name", traces, _span(text, events=[Span.Event(name=f"e {text}")])
    yield "link", traces, _span(text, links=[link])
    yield "trace state", traces, _span(text, trace_state=f"v={text}")
    yield "resource", traces, _traces(plain, resource=[pair])
    yield "scope", traces, _traces(plain, scope=[pair])
    yield "body", logs, _log(body=text_value(f"it said: {text}"))
    yield "nested body", logs, _log(body=_nested(text), event_name="gen_ai.user.message")
    yield "log attribute", logs, _log(attributes=[pair])
    yield "data point", metrics, _metric([pair], [])
    yield "exemplar", metrics, _metric([], [Exemplar(as_int=1, filtered_attributes=[pair])])
