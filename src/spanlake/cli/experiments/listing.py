"""`spanlake experiments list`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from spanlake.storage.experiment_overview import ExperimentOverview


def list_(
    *,
    archived: Annotated[bool, typer.Option("--archived", help="Also those put away.")] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """All experiments, the one with the newest span first."""
    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.experiment_overview import experiment_overviews

    with open_catalog(data), spanlake.connect(data) as lake:
        found = experiment_overviews(lake)
    shown = [each for each in found if archived or each.archived_at is None]
    if output_format == "json":
        print_json(shown)
    else:
        console().print(_table(shown))


def _table(experiments: "Sequence[ExperimentOverview]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("name", overflow="fold")
    table.add_column("spans", justify="right", no_wrap=True)
    for heading in ("last span", "created", "archived"):
        table.add_column(heading, no_wrap=True)
    for heading in ("tags", "description"):
        table.add_column(heading)
    for each in experiments:
        table.add_row(
            Text(printable(each.name)),
            f"{each.span_count:,}",
            quantities.moment(each.last_time),
            quantities.moment(each.created_at),
            quantities.moment(each.archived_at),
            Text(printable(", ".join(each.tags))),
            Text(printable(each.description or ""), no_wrap=True, overflow="ellipsis"),
        )
    return table
