"""`spanlake serve`: run the collector until told to stop."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.quick_start import collect_as_usual, leave_pandas_out

if TYPE_CHECKING:
    from spanlake.collector.service import Collector
    from spanlake.config import Settings
    from spanlake.web.services import Services


def serve(  # noqa: PLR0913  # a flag each
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            help="Configuration file.", show_default="./otel-config.yaml if there, else built in"
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Data directory.", show_default="$SPANLAKE_DATA or ./spanlake-data"),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address of both ports.", show_default="127.0.0.1")
    ] = None,
    grpc_port: Annotated[
        int | None, typer.Option(help="Port for OTLP/gRPC.", show_default="4317")
    ] = None,
    http_port: Annotated[
        int | None, typer.Option(help="Port for OTLP/HTTP and health.", show_default="4318")
    ] = None,
    allow_unauthenticated: Annotated[
        bool | None,
        typer.Option(
            "--allow-unauthenticated",
            help="Listen beyond this machine without TLS, or without asking who is there.",
        ),
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, warn or error.", show_default="info")
    ] = None,
) -> None:
    """Receive OpenTelemetry on both ports and store it, until SIGTERM or Ctrl-C."""
    leave_pandas_out()
    import asyncio

    from spanlake import log
    from spanlake.collector.allocator import keep_freed_memory
    from spanlake.collector.service import KeylessError, ListenError
    from spanlake.config import Overrides, keyless_error, listen_error, load_settings

    overrides = Overrides(
        data=data,
        host=host,
        grpc_port=grpc_port,
        http_port=http_port,
        log_level=log_level,
        allow_unauthenticated=allow_unauthenticated,
    )
    settings = load_settings(config, overrides)
    logs = settings.service.telemetry.logs
    log.configure(logs.level, logs.encoding)
    keep_freed_memory()
    try:
        asyncio.run(_run(settings))
    except ListenError as error:
        raise listen_error(error.protocol, error.reason, config, overrides) from None
    except KeylessError:
        raise keyless_error(settings, config, overrides) from None


async def _run(settings: "Settings") -> None:
    from spanlake.collector.service import Collector
    from spanlake.web.app import routes

    with _services(settings) as services:
        await _serve(Collector(settings, routes(services), services.access))


def _services(settings: "Settings") -> "Services":
    from spanlake.access.access import Access
    from spanlake.storage.catalog.location import Location, default_location
    from spanlake.storage.files.object_path import path_of
    from spanlake.storage.files.state import make_state_folder
    from spanlake.web.services import Services

    root = path_of(settings.exporters.lake.path)
    make_state_folder(root)
    url = settings.extensions.spanlake_catalog.url
    location = default_location(root) if url is None else Location.of_url(url)
    http = settings.receivers.otlp.protocols.http
    return Services.of(
        root,
        location,
        allowed_origins=http.cors.allowed_origins if http else (),
        is_local=http is None or http.endpoint.is_loopback,
        access=Access.of(settings, root, location),
    )


async def _serve(collector: "Collector") -> None:
    import asyncio
    import signal

    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    try:
        at = await collector.start()
        collect_as_usual()
        typer.echo(f"ready grpc={at.grpc or 'off'} http={at.http or 'off'} data={at.data}")
        await told.wait()
    finally:
        await collector.stop()
