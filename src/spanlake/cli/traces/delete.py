"""`spanlake traces delete`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.cli.progress import FileProgress
from spanlake.cli.traces.options import TraceIds
from spanlake.errors import NotFoundError, UserError
from spanlake.quantities import counted

if TYPE_CHECKING:
    from spanlake.storage.lake import Lake

NOTHING_DELETED = 1


def delete(  # noqa: PLR0913  # a flag each
    trace_ids: TraceIds = None,
    *,
    session: Annotated[str | None, typer.Option(help="All traces of a session.")] = None,
    user: Annotated[str | None, typer.Option(help="All traces of a user.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Delete traces for good, with log records and assessments. A server may be running."""
    import spanlake
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.config import data_path
    from spanlake.storage.catalog.audit_log import record_alone, traces_deleted
    from spanlake.storage.delete import delete_traces
    from spanlake.storage.files.object_path import path_of
    from spanlake.storage.layout import Layout

    if sum(map(bool, (trace_ids, session, user))) != 1:
        raise UserError("delete needs one of TRACE_IDs, --session and --user, and only one")
    with spanlake.connect(data) as lake:
        ids = _chosen(lake, trace_ids, session, user)
    if not ids:
        typer.echo("no trace matched; nothing was deleted", err=True)
        raise typer.Exit(NOTHING_DELETED)
    root = data_path(data)
    if not yes:
        _ask(f"Delete {counted(len(ids), 'trace')} from {root} for good?")
    with open_catalog(data) as catalog:
        record_alone(catalog, [traces_deleted(whoever_runs_this(), ids)])
    with FileProgress() as progress:
        sessions = [session] if session else []
        gone = delete_traces(Layout(path_of(root)), ids, sessions, progress=progress)
    if output_format == "json":
        counts = {"spans": gone.spans, "logs": gone.logs, "assessments": gone.assessments}
        print_json([{"traces": len(ids), **counts}])
    else:
        rows = (
            f"{counted(gone.spans, 'span')}, {counted(gone.logs, 'log record')} "
            f"and {counted(gone.assessments, 'assessment')}"
        )
        typer.echo(f"deleted {counted(len(ids), 'trace')}: {rows}")


def _chosen(
    lake: "Lake", trace_ids: list[str] | None, session: str | None, user: str | None
) -> list[str]:
    from spanlake.storage.traces import full_trace_id, traces_with

    if not trace_ids:
        return traces_with(lake, session_id=session, user_id=user)
    try:
        return [full_trace_id(lake, given) for given in trace_ids]
    except NotFoundError as error:
        typer.echo(str(error), err=True)
        return []


def _ask(question: str) -> None:
    """Go on only if a person says yes."""
    if not sys.stdin.isatty():
        raise UserError("stdin is no terminal to ask on; say --yes to delete without being asked")
    typer.echo(f"{question} [y/N] ", err=True, nl=False)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        typer.echo("nothing was deleted", err=True)
        raise typer.Exit(NOTHING_DELETED)
