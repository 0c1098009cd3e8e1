"""`spanlake.init`: OpenTelemetry set up in one line."""

import logging
import sys
import threading
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from opentelemetry import _logs, propagate, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from spanlake.errors import UserError
from spanlake.instrumentation import environment as variables
from spanlake.instrumentation.app_version import set_app_version
from spanlake.instrumentation.content import POLICY
from spanlake.instrumentation.environment import Signal
from spanlake.instrumentation.instrumentors import instrument as switch_on
from spanlake.instrumentation.masking import Mask
from spanlake.instrumentation.outbox import Outbox
from spanlake.instrumentation.pipeline import (
    Destination,
    LogPipeline,
    Outboxes,
    SpanPipeline,
    courier,
)
from spanlake.instrumentation.propagation import SessionPropagator
from spanlake.instrumentation.report import FlushReport
from spanlake.instrumentation.stamps import STAMPS

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_LEAST_CONTENT = 100


class _Arguments(NamedTuple):
    service_name: str | None
    experiment: str | None
    environment: str | None
    resource_attributes: Mapping[str, str]
    destination: Destination
    mask: Mask | None


class _Initialised(NamedTuple):
    """What the first call was given, and what it made."""

    arguments: tuple[object, ...]
    outboxes: Outboxes


_initialised: _Initialised | None = None


def init(  # noqa: PLR0913  # each is optional, and said by name
    service_name: str | None = None,
    experiment: str | None = None,
    endpoint: str | None = None,
    app_version: str | None = None,
    *,
    environment: str | None = None,
    protocol: str | None = None,
    headers: Mapping[str, str] | None = None,
    resource_attributes: Mapping[str, str] | None = None,
    instrument: bool | Iterable[str] = True,
    exclude: Iterable[str] = (),
    mask: Mask | None = None,
    capture_content: bool = True,
    max_content_chars: int = 65_536,
) -> None:
    """Trace this program: every GenAI library it uses, and what it decorates itself.

    Every argument is optional, and wins over its OTEL_* variable. Providers that the app has set up
    already are extended. A second call does nothing.

    endpoint: of the collector, such as http://localhost:4318, or :4317 for gRPC. protocol:
    http/protobuf or grpc, where the port does not tell. app_version: as `set_app_version` has it.
    environment: production, staging, … instrument: libraries to trace, such as ["openai"]; False
    for none. exclude: libraries to leave alone. mask: is given every text that is about to leave
    the process, and returns what leaves instead. capture_content: False keeps prompts, answers,
    arguments and results out of every span. max_content_chars: how much of one text is kept.

    Raises UserError for an argument or variable that cannot be right.
    """
    global _initialised  # noqa: PLW0603  # once for a process
    if max_content_chars < _LEAST_CONTENT:
        raise UserError(
            f"max_content_chars is {max_content_chars}: must be {_LEAST_CONTENT} or more; "
            "capture_content=False records none"
        )
    for name, value in (("instrument", instrument), ("exclude", exclude)):
        if isinstance(value, str):
            raise UserError(f"{name} is {value!r}: must be a list; write {name}=[{value!r}]")
    only = None if isinstance(instrument, bool) else tuple(instrument)
    excluded = ("*",) if instrument is False else tuple(exclude)
    arguments = _Arguments(
        service_name, experiment, environment, dict(resource_attributes or {}),
        Destination(_base(endpoint), protocol, headers), mask,
    )  # fmt: skip
    settings = (*arguments, app_version, only, excluded, capture_content, max_content_chars)
    with _lock:
        if _initialised is not None:
            if _initialised.arguments != settings:
                _log.warning("spanlake.init was called again: the arguments of the first call stay")
            return
        if variables.is_disabled():
            _log.info("OTEL_SDK_DISABLED is true: nothing is traced")
            return
        POLICY.is_recorded, POLICY.limit = capture_content, max_content_chars
        outboxes = Outboxes(*_spans(arguments), *_log_records(arguments))
        outboxes.close_at_exit()
        propagate.set_global_textmap(SessionPropagator(propagate.get_global_textmap()))
        if app_version is not None:
            set_app_version(app_version)
        _initialised = _Initialised(settings, outboxes)
    choices = switch_on(only=only, exclude=excluded, records_content=capture_content)
    for choice in choices:
        _log.info("tracing %s", choice)
        if choice.instead_of:
            print(f"spanlake traces {choice}", file=sys.stderr)  # noqa: T201  # asked for by who installed both


def flush(timeout: float = 10.0) -> FlushReport:
    """Send what this process still holds, for at most these seconds, and say what became of it all.

    The report is true when everything has arrived. Without `init` it counts nothing.
    """
    if _initialised is None:
        return FlushReport(reasons={"spanlake.init has not been called": 0})
    return _initialised.outboxes.flush(timeout)


def _base(endpoint: str | None) -> str | None:
    """An endpoint as a URL without the path of a signal."""
    if endpoint is None:
        return None
    url = endpoint if "://" in endpoint else f"http://{endpoint}"
    if not url.startswith(("http://", "https://")):
        raise UserError(f"endpoint is {endpoint!r}: must be a URL such as http://localhost:4318")
    url = url.rstrip("/")
    for signal in ("traces", "logs"):
        url = url.removesuffix(f"/v1/{signal}")
    return url


def _resource(arguments: _Arguments) -> Resource:
    """Who this process is: the environment's words, and over them the arguments'."""
    said = {
        "service.name": arguments.service_name,
        "spanlake.experiment": arguments.experiment,
        "deployment.environment.name": arguments.environment,
    }
    known = {key: value for key, value in said.items() if value is not None}
    return Resource.create().merge(Resource({**arguments.resource_attributes, **known}))


def _spans(arguments: _Arguments) -> list[Outbox[Any]]:
    """Set up tracing, and return the queue of spans, if they go to a collector."""
    # First what may raise.
    outbox, others = _outbox("traces", "spans", arguments), _other_exporters("traces")
    provider: Any = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        provider = TracerProvider(resource=_resource(arguments))
        trace.set_tracer_provider(provider)
    elif hasattr(provider, "add_span_processor"):
        # Its resource cannot be changed any more: every span says it instead.
        said = {
            "spanlake.experiment": arguments.experiment,
            "spanlake.environment": arguments.environment,
        }
        STAMPS.set_for_all({key: value for key, value in said.items() if value is not None})
    else:
        raise UserError(
            f"the app's tracer provider is a {type(provider).__name__}, to which nothing can be "
            "added: call spanlake.init before what sets it, or export its spans over OTLP"
        )
    for exporter in others:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    provider.add_span_processor(SpanPipeline(STAMPS, outbox))
    return [] if outbox is None else [outbox]


def _log_records(arguments: _Arguments) -> list[Outbox[Any]]:
    """The same for log records, as which assessments and some instrumentors' content travel."""
    outbox, others = _outbox("logs", "log records", arguments), _other_exporters("logs")
    provider: Any = _logs.get_logger_provider()
    if not hasattr(provider, "add_log_record_processor"):
        provider = LoggerProvider(resource=_resource(arguments))
        _logs.set_logger_provider(provider)
    for exporter in others:
        provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    if outbox is None:
        return []
    provider.add_log_record_processor(LogPipeline(outbox))
    return [outbox]


def _outbox(signal: Signal, kind: str, arguments: _Arguments) -> Outbox[Any] | None:
    """The queue before the collector; None where OTEL_…_EXPORTER names other exporters only."""
    if "otlp" not in variables.exporters(signal):
        return None
    return Outbox(
        kind,
        lambda: courier(signal, arguments.destination, arguments.mask),
        variables.limits(signal),
    )


def _other_exporters(signal: Signal) -> list[Any]:
    """The other exporters that OTEL_…_EXPORTER names, such as console."""
    group = f"opentelemetry_{signal}_exporter"
    found = []
    for name in variables.exporters(signal):
        if name in ("otlp", "none"):
            continue
        point = next(iter(entry_points(group=group, name=name)), None)
        if point is None:
            known = ", ".join(sorted({"otlp", "none", *entry_points(group=group).names}))
            raise UserError(f"OTEL_{signal.upper()}_EXPORTER has {name!r}: must be one of {known}")
        found.append(point.load()())
    return found
