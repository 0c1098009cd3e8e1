"""`spanlake runs list`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.storage.catalog.runs import Run


def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    kind: Annotated[
        Literal["evaluation", "scoring"] | None, typer.Option(help="Only those.")
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """The newest runs, newest first."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.runs import list_runs

    with open_catalog(data) as catalog:
        found = list_runs(catalog, kind=kind, limit=limit)
    if output_format == "json":
        print_json(found)
    elif found:
        console().print(_table(found))
    else:
        typer.echo("no runs; `spanlake evaluate` makes one", err=True)


def _table(runs: "list[Run]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("run", no_wrap=True)
    table.add_column("name", max_width=36)
    for heading in ("started", "state"):
        table.add_column(heading, no_wrap=True)
    table.add_column("rows", justify="right")
    table.add_column("errors", justify="right")
    table.add_column("cost", justify="right")
    table.add_column("passed")
    table.add_column("metrics")
    for run in runs:
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in run.metrics.items())
        table.add_row(
            run.run_id[:12],
            Text(printable(run.name)),
            quantities.moment(run.started_at),
            run.state,
            quantities.UNKNOWN if run.done_count is None else f"{run.done_count:,}",
            quantities.UNKNOWN if run.error_count is None else f"{run.error_count:,}",
            quantities.cost(run.cost_usd, unpriced_calls=0),
            {None: "", True: "yes", False: "no"}[run.passed],
            Text(printable(metrics), no_wrap=True, overflow="ellipsis"),
        )
    return table
