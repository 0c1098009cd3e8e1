"""`spanlake experiments show`."""

from typing import TYPE_CHECKING

from spanlake.cli.experiments.options import Name
from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.storage.experiment_overview import ExperimentOverview


def show(name: Name, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """One experiment."""
    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.experiment_overview import experiment_overview

    with open_catalog(data), spanlake.connect(data) as lake:
        found = experiment_overview(lake, name)
    if output_format == "json":
        print_json([found])
    else:
        console().print(_table(found))


def _table(experiment: "ExperimentOverview") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table.grid(padding=(0, 2))
    for heading, value in (
        ("name", experiment.name),
        ("id", experiment.experiment_id or quantities.UNKNOWN),
        ("description", experiment.description or quantities.UNKNOWN),
        ("tags", ", ".join(experiment.tags) or quantities.UNKNOWN),
        ("created", quantities.moment(experiment.created_at)),
        ("archived", quantities.moment(experiment.archived_at)),
        ("spans", f"{experiment.span_count:,}"),
        *(
            [("with what was sampled out", f"about {experiment.estimated_span_count:,}")]
            if experiment.estimated_span_count != experiment.span_count
            else []
        ),
        ("first span", quantities.moment(experiment.first_time)),
        ("last span", quantities.moment(experiment.last_time)),
    ):
        table.add_row(Text(heading, "dim"), Text(printable(value)))
    return table
