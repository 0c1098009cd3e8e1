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
from spanlake.instrumentation.existing_exporters import Existing, exporter_to
from spanlake.instrumentation.instrumentors import instrument as switch_on
from spanlake.instrumentation.masking import Mask
from spanlake.instrumentation.outbox import Outbox
from spanlake.instrumentation.pipeline import (
    Destination,
    LogPipeline,
    Outboxes,
    SpanPipeline,
    address,
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
        signals = (_spans(arguments), _log_records(arguments))
        outboxes = Outboxes(
            *(each for each in signals if isinstance(each, Outbox)),
            theirs=[each for each in signals if isinstance(each, Existing)],
        )
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


def _spans(arguments: _Arguments) -> "Outbox[Any] | Existing | None":
    """Set up tracing, and return what takes spans to the collector, if anything shall."""
    provider: Any = trace.get_tracer_provider()
    # First what may raise.
    sender, others = _sender("traces", "spans", provider, arguments), _other_exporters("traces")
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
        _tell_what_stays(provider, arguments)
    else:
        raise UserError(
            f"the app's tracer provider is a {type(provider).__name__}, to which nothing can be "
            "added: call spanlake.init before what sets it, or export its spans over OTLP"
        )
    for exporter in others:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    outbox = sender if isinstance(sender, Outbox) else None
    provider.add_span_processor(SpanPipeline(STAMPS, outbox))
    return sender


def _log_records(arguments: _Arguments) -> "Outbox[Any] | Existing | None":
    """The same for log records, as which assessments and some instrumentors' content travel."""
    provider: Any = _logs.get_logger_provider()
    sender, others = _sender("logs", "log records", provider, arguments), _other_exporters("logs")
    if not hasattr(provider, "add_log_record_processor"):
        provider = LoggerProvider(resource=_resource(arguments))
        _logs.set_logger_provider(provider)
    for exporter in others:
        provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    if isinstance(sender, Outbox):
        provider.add_log_record_processor(LogPipeline(sender))
    return sender


def _tell_what_stays(provider: Any, arguments: _Arguments) -> None:  # noqa: ANN401  # a tracer provider
    """Warn of arguments that the app's own provider has other words for."""
    has = getattr(getattr(provider, "resource", None), "attributes", {})
    told = {"service.name": arguments.service_name, **arguments.resource_attributes}
    for key, value in told.items():
        if value is not None and has.get(key) != value:
            _log.warning(
                "%s stays %r, not %r: the app's tracer provider was there before spanlake.init, "
                "and its resource cannot be changed; say it there, or call spanlake.init before",
                key, has.get(key), value,
            )  # fmt: skip


def _sender(
    signal: Signal,
    kind: str,
    provider: Any,  # noqa: ANN401  # of spans or of log records
    arguments: _Arguments,
) -> "Outbox[Any] | Existing | None":
    """What takes a signal to the collector: a queue of ours, or the app's exporter if it does so.

    None where OTEL_…_EXPORTER names other exporters only.
    """
    if "otlp" not in variables.exporters(signal):
        return None
    _, endpoint = address(signal, arguments.destination)
    theirs = exporter_to(provider, kind, endpoint, arguments.destination.headers)
    if theirs is not None:
        _log.warning(
            "the app's own exporter sends %s to %s already: they are left to it, so that none is "
            "sent twice%s",
            kind, theirs.endpoint, "; mask= does not reach them" if arguments.mask else "",
        )  # fmt: skip
        return theirs
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
