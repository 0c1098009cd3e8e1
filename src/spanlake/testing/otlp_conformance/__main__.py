"""`python -m spanlake.testing.otlp_conformance`: the statements against an endpoint."""

import sys
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from spanlake.errors import UserError
from spanlake.testing.otlp_conformance.endpoint import Endpoint
from spanlake.testing.otlp_conformance.reader import READERS
from spanlake.testing.otlp_conformance.report import counts, rows, summary, table
from spanlake.testing.otlp_conformance.suite import run

_ANSWER_IS_NO, _USER_MISTAKE = 1, 2
_WIDTH = 140
_MIB = 1 << 20


def conformance(  # noqa: PLR0913  # an option each
    *,
    grpc: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Of OTLP/gRPC.")] = None,
    http: Annotated[str | None, typer.Option(metavar="URL", help="Of OTLP/HTTP.")] = None,
    reader: Annotated[
        Literal["none", "spanlake", "mlflow", "phoenix"],
        typer.Option(help="How stored spans are read back."),
    ] = "none",
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME: VALUE", help="Sent with every request.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Certificates, for TLS.")] = None,
    limit_mib: Annotated[float, typer.Option(help="The limit of one request.")] = 64,
    budget_mib: Annotated[
        float | None, typer.Option(help="The limit of all requests at a time.")
    ] = None,
    read_timeout: Annotated[
        float, typer.Option(help="Seconds that a client has for a head or body.")
    ] = 60,
    patience: Annotated[
        float, typer.Option(help="Seconds until an accepted span must be there to read.")
    ] = 10,
    live: Annotated[str, typer.Option(help="Path of the liveness probe.")] = "/healthz",
    ready: Annotated[str, typer.Option(help="Path of the readiness probe.")] = "/readyz",
    break_storage: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Lets every write fail.")
    ] = None,
    mend_storage: Annotated[str | None, typer.Option(metavar="COMMAND", help="Ends that.")] = None,
    pid: Annotated[int | None, typer.Option(help="Of the server; it is ended at last.")] = None,
    statement: Annotated[
        list[int] | None, typer.Option(min=1, max=60, help="Only these; may be repeated.")
    ] = None,
    output_format: Annotated[
        Literal["table", "json"], typer.Option("--format", help="For people, or one JSON array.")
    ] = "table",
) -> None:
    """Hold a receiver of OTLP against sixty statements, over each of its transports.

    The exit status is 1 when a statement does not hold.
    """
    _check(grpc, http, break_storage, mend_storage)
    endpoint = Endpoint(
        grpc=grpc,
        http=http,
        headers=dict(_header(each) for each in header or ()),
        ca=ca,
        limit=round(limit_mib * _MIB),
        budget=None if budget_mib is None else round(budget_mib * _MIB),
        read_timeout=read_timeout,
        patience=patience,
        live=live,
        ready=ready,
        break_storage=break_storage,
        mend_storage=mend_storage,
        pid=pid,
    )
    screen = Console(stderr=True)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("statements")
        results = run(
            endpoint,
            READERS.get(reader),
            numbers=frozenset(statement) if statement else None,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if output_format == "json":
        sys.stdout.buffer.write(orjson.dumps(rows(results), option=orjson.OPT_APPEND_NEWLINE))
    else:
        shown = Console(highlight=False, markup=False, emoji=False)
        if not shown.is_terminal:
            shown.width = _WIDTH
        shown.print(table(results))
        typer.echo(f"\n{summary(results)}")
    raise typer.Exit(_ANSWER_IS_NO if counts(results).failed else 0)


def _check(
    grpc: str | None, http: str | None, break_storage: str | None, mend_storage: str | None
) -> None:
    if grpc is None and http is None:
        raise UserError("neither --grpc nor --http is given: name one endpoint at least")
    if http is not None and urlsplit(http).scheme not in {"http", "https"}:
        raise UserError(f"--http is {http!r}: must be a URL such as http://localhost:4318")
    if (break_storage is None) != (mend_storage is None):
        raise UserError("--break-storage and --mend-storage belong together: give both")


def _header(written: str) -> tuple[str, str]:
    name, colon, value = written.partition(":")
    if not colon or not name.strip():
        raise UserError(f"--header is {written!r}: must be NAME: VALUE")
    return name.strip(), value.strip()


def main() -> None:
    """Run it; a mistake of the user is one line."""
    try:
        typer.run(conformance)
    except UserError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(_USER_MISTAKE)


if __name__ == "__main__":
    main()
