"""The forwarders of a collector, as its configuration asks for them."""

from spanlake.collector.forwarding.backend import Backend, GrpcBackend, HttpBackend
from spanlake.collector.forwarding.forwarder import Forwarder, ForwardingObserver
from spanlake.config import Settings
from spanlake.entities import Signal
from spanlake.errors import ConfigError
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.outgoing import OutgoingQueue
from spanlake.storage.schema import TABLE_OF


def forwarders(
    settings: Settings, layout: Layout, writer: HotWriter, observer: ForwardingObserver
) -> list[Forwarder]:
    """A forwarder for each exporter that some pipeline names; the writer's tables must be open.

    ConfigError for one that would send to this collector itself, or whose files cannot be read.
    """
    exporters = settings.exporters
    for name, exporter in (("otlp", exporters.otlp), ("otlphttp", exporters.otlphttp)):
        if exporter is None and _tables(settings, name):
            raise ConfigError(
                f"exporters.{name} has no endpoint: must have one, as a pipeline names {name}; "
                "add it, or remove the name there"
            )
    made: list[Forwarder] = []
    if exporters.otlp is not None and (tables := _tables(settings, "otlp")):
        _check_target(settings, "otlp", exporters.otlp.endpoint)
        queue = _queue(layout, "otlp", writer, tables)
        backend: Backend = GrpcBackend(exporters.otlp)
        made.append(Forwarder("otlp", backend, queue, exporters.otlp, observer))
    if exporters.otlphttp is not None and (tables := _tables(settings, "otlphttp")):
        _check_target(settings, "otlphttp", exporters.otlphttp.endpoint)
        queue = _queue(layout, "otlphttp", writer, tables)
        backend = HttpBackend(exporters.otlphttp)
        made.append(Forwarder("otlphttp", backend, queue, exporters.otlphttp, observer))
    return made


def _queue(layout: Layout, exporter: str, writer: HotWriter, tables: list[str]) -> OutgoingQueue:
    committed = {table: writer.durable_up_to(table) for table in tables}
    return OutgoingQueue(layout, exporter, writer.name, committed)


def _tables(settings: Settings, exporter: str) -> list[str]:
    """The tables of the signals whose pipelines name an exporter."""
    pipelines = settings.service.pipelines
    return [
        TABLE_OF[signal]
        for signal in Signal
        if (pipeline := getattr(pipelines, signal)) is not None and exporter in pipeline.exporters
    ]


def _check_target(settings: Settings, name: str, target: str) -> None:
    """Refuse to send what comes in to where it comes in."""
    where = target.rpartition("//")[2].partition("/")[0]
    host, _, port = where.rpartition(":")
    protocols = settings.receivers.otlp.protocols
    for protocol in (protocols.grpc, protocols.http):
        if protocol is None or str(protocol.endpoint.port) != port:
            continue
        own = {protocol.endpoint.host, "localhost", "127.0.0.1", "[::1]"}
        if host in own:
            raise ConfigError(
                f"exporters.{name}.endpoint is {target}: must not be where this server listens, "
                "or its own data comes back for ever; name another backend"
            )
