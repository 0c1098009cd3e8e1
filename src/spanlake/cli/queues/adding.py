"""`spanlake queues add` and `fill`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.cli.queues.options import BySession, Filter, Limit, Queue, Since
from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.storage.catalog.labels.items import AddedItems


def add(  # noqa: PLR0913  # a flag each
    queue: Queue,
    trace_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[TRACE_ID]...", help="Or the beginnings of some.")
    ] = None,
    *,
    filter_: Filter = None,
    where: Annotated[
        str | None, typer.Option(metavar="SQL", help="Condition on columns of the view traces.")
    ] = None,
    since: Since = None,
    limit: Limit = None,
    session: Annotated[
        list[str] | None,
        typer.Option(metavar="SESSION_ID", help="A whole session; may be given often."),
    ] = None,
    by_session: BySession = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Put traces or sessions in: these, or those that all of the flags fit; each is in it once."""
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.since import parse_since
    from spanlake.storage.labels.filling import Chosen, add_chosen

    flags = (filter_, where, since, limit)
    if bool(trace_ids or session) == (by_session or any(each is not None for each in flags)):
        raise UserError(
            "TRACE_ID or --session, or else one of --filter, --where, --since, --limit and "
            "--by-session, must be given, and not both; say which traces or sessions"
        )
    chosen = Chosen(
        trace_ids=trace_ids or [],
        session_ids=session or [],
        granularity="session" if by_session else "trace",
        filter=filter_,
        where=where,
        since=None if since is None else parse_since(since, now=datetime.now(UTC)),
        limit=limit,
    )
    with spanlake.connect(data) as lake, open_catalog(data) as catalog:
        added = add_chosen(lake, catalog, queue, chosen)
    _say(queue, added, output_format)


def fill(queue: Queue, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Let the rule of a queue bring what it is for; a server does so when reviewers come."""
    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.queues import get_queue
    from spanlake.storage.labels.filling import fill_by_rule

    with spanlake.connect(data) as lake, open_catalog(data) as catalog:
        if get_queue(catalog, queue).rule is None:
            raise UserError(f"QUEUE is {queue!r}: must have a rule; `spanlake queues add` adds")
        added = fill_by_rule(lake, catalog, queue)
    _say(queue, added, output_format)


def _say(queue: str, added: "AddedItems", output_format: FormatOption) -> None:
    from dataclasses import asdict

    from spanlake.quantities import counted

    if output_format == "json":
        print_json([{"queue": queue, **asdict(added)}])
    else:
        known = f", {added.known:,} there already" if added.known else ""
        typer.echo(f"{printable(queue)}: {counted(added.added, 'item')} added{known}")
