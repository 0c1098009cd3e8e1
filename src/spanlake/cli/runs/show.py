"""`spanlake runs show`."""

from typing import TYPE_CHECKING

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.runs.options import RunName

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.storage.catalog.runs import Run


def show(run: RunName, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """A run with its metrics, and how to see its rows."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.runs import get_run

    with open_catalog(data) as catalog:
        found = get_run(catalog, run)
    if output_format == "json":
        print_json([found])
        return
    console().print(_table(found))
    query = f"FROM run_results WHERE run_id = '{found.run_id}'"
    console().print(f'\nits rows and verdicts: spanlake sql "{query}"')


def _table(run: "Run") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    dataset = f"{run.dataset_name}@{run.dataset_version}" if run.dataset_name else None
    rows = None if run.row_count is None else f"{run.done_count or 0:,} of {run.row_count:,}"
    passed = {None: None, True: "yes", False: "no"}[run.passed]
    table = Table.grid(padding=(0, 2))
    for heading, value in (
        ("run", run.run_id),
        ("name", run.name),
        ("kind", run.kind),
        ("state", run.state),
        ("data", dataset or run.params.get("data")),
        ("app", run.params.get("predict_fn")),
        ("experiment", run.experiment),
        ("app version", run.app_version),
        ("scored again from", run.source_run_id),
        ("scorers", ", ".join(each.name for each in run.scorers)),
        ("rows", rows),
        ("errors", None if run.error_count is None else f"{run.error_count:,}"),
        ("cost", quantities.cost(run.cost_usd, unpriced_calls=0)),
        ("criteria", run.quality_criteria),
        ("passed", passed),
        ("reason", run.reason or run.error_message),
        ("started", quantities.moment(run.started_at)),
        ("ended", quantities.moment(run.ended_at)),
        *((name, f"{value:.4g}") for name, value in run.metrics.items()),
    ):
        if value:
            table.add_row(Text(printable(heading), "dim"), Text(printable(value)))
    return table
