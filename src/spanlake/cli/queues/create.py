"""`spanlake queues create`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.cli.queues.options import (
    BySession,
    Filter,
    Limit,
    ReviewersPerItem,
    Since,
    values_of,
)
from spanlake.errors import UserError


def create(  # noqa: PLR0913  # a flag each
    name: Annotated[str, typer.Argument(metavar="NAME", help="That no queue has.")],
    *,
    schema: Annotated[
        list[str], typer.Option(metavar="NAME", help="A question; may be given often.")
    ],
    description: Annotated[str | None, typer.Option(help="What reviewers should know.")] = None,
    assign: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO", help="A reviewer; may be given often.", show_default="anybody"),
    ] = None,
    reviewers_per_item: ReviewersPerItem = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Items are copies, which stay when the trace goes.")
    ] = False,
    experiment: Annotated[str | None, typer.Option(help="Only traces of it come in.")] = None,
    filter_: Filter = None,
    since: Since = None,
    limit: Limit = None,
    by_session: BySession = False,
    rule: Annotated[
        bool, typer.Option("--rule", help="What --filter fits comes in from now on, too.")
    ] = False,
    sample: Annotated[float, typer.Option(help="Of --rule: the share to take.")] = 1.0,
    most_open: Annotated[
        int, typer.Option(min=1, help="Of --rule: no more come while so many wait.")
    ] = 100,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Make a queue; what a filter, a time or a limit chooses comes in at once."""
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.since import parse_since
    from spanlake.entities.review import QueueRule
    from spanlake.quantities import counted
    from spanlake.storage.catalog.labels.queues import (
        QueuePlan,
        create_queue,
        delete_queue,
        get_queue,
    )
    from spanlake.storage.labels.filling import Chosen, add_chosen

    if rule and by_session:
        raise UserError("--rule brings traces as they come: leave --by-session out, or --rule")
    now = datetime.now(UTC)
    moment = None if since is None else parse_since(since, now=now)
    plan = QueuePlan(
        name=name,
        schemas=schema,
        description=description,
        experiment=experiment,
        content="copy" if copy else "reference",
        assigned_users=assign or [],
        reviewers_per_item=reviewers_per_item,
        rule=QueueRule(filter=filter_ or "", since=now, sample=sample, most_open=most_open)
        if rule
        else None,
    )
    has_some = (
        by_session or limit is not None or moment is not None or (filter_ is not None and not rule)
    )
    with spanlake.connect(data) as lake, open_catalog(data) as catalog:
        made = create_queue(catalog, plan)
        try:
            if has_some:
                chosen = Chosen(
                    filter=filter_,
                    since=moment,
                    limit=limit,
                    granularity="session" if by_session else "trace",
                )
                add_chosen(lake, catalog, made.queue_id, chosen)
        except UserError:
            delete_queue(catalog, made.queue_id)
            raise
        made = get_queue(catalog, made.queue_id)
    if output_format == "json":
        print_json([values_of(made)])
    else:
        typer.echo(f"queue {printable(made.name)} with {counted(made.counts.items, 'item')}")
