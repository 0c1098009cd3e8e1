"""`spanlake versions log-metrics`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.cli.pairs import pairs
from spanlake.cli.versions.options import Experiment, Name
from spanlake.errors import UserError

_EXAMPLE = "exact/mean=0.75"


def log_metrics(  # noqa: PLR0913  # a flag each
    name: Name,
    metrics: Annotated[
        list[str], typer.Argument(metavar="KEY=NUMBER...", help=f"Such as {_EXAMPLE}.")
    ],
    *,
    run: Annotated[
        str | None, typer.Option(metavar="RUN_ID", help="The evaluation they come from.")
    ] = None,
    experiment: Experiment = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Record how a version measured; the last value of each metric counts."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog import versions

    measured = {
        key: _number(key, text)
        for key, text in pairs("KEY=NUMBER", metrics, example=_EXAMPLE).items()
    }
    with open_catalog(data) as catalog:
        changed = versions.log_metrics(catalog, name, measured, experiment=experiment, run_id=run)
    if output_format == "json":
        print_json([changed])
    else:
        typer.echo(f"measured {printable(changed.name)}: {printable(', '.join(measured))}")


def _number(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"metric {key!r} is {text!r}: must be a number, such as 0.75") from None
