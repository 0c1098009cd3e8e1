"""`spanlake versions list`."""

from typing import TYPE_CHECKING

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.versions.options import Experiment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from spanlake.storage.catalog.version import Version
    from spanlake.storage.versions.comparison import Traffic


def list_(
    *, experiment: Experiment = None, data: DataOption = None, output_format: FormatOption = "table"
) -> None:
    """All versions with the traces they made, the newest first."""
    from dataclasses import asdict

    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.versions import list_versions
    from spanlake.storage.versions.comparison import traffic_of

    with open_catalog(data) as catalog, spanlake.connect(data) as lake:
        versions = list_versions(catalog, experiment=experiment)
        traffic = traffic_of(lake, versions) if versions else {}
    if output_format == "json":
        print_json([asdict(each) | asdict(traffic[each.version_id]) for each in versions])
    elif versions:
        console().print(_table([(each, traffic[each.version_id]) for each in versions]))
    else:
        typer.echo("no versions; `spanlake versions create` makes one", err=True)


def _table(versions: "Sequence[tuple[Version, Traffic]]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("name", "aliases", "experiment"):
        table.add_column(heading, overflow="fold")
    for heading in ("traces", "errors", "p50", "tokens", "cost"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("last trace", "created", "commit"):
        table.add_column(heading, no_wrap=True)
    for version, traffic in versions:
        table.add_row(
            Text(printable(version.name)),
            Text(printable(", ".join(version.aliases)), "bold"),
            Text(printable(version.experiment)),
            f"{'about ' if traffic.is_estimated else ''}{traffic.trace_count:,}",
            f"{traffic.error_trace_count:,}",
            quantities.duration(traffic.duration_p50_ms),
            quantities.tokens(traffic.input_tokens, traffic.output_tokens),
            quantities.cost(traffic.cost_usd, unpriced_calls=traffic.unpriced_call_count),
            quantities.moment(traffic.last_time),
            quantities.moment(version.created_at),
            Text(printable((version.git.commit or "")[:12])),
        )
    return table
