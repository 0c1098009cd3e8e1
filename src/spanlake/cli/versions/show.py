"""`spanlake versions show`."""

from typing import TYPE_CHECKING

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.versions.options import Experiment, Name

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.storage.catalog.version import Version
    from spanlake.storage.versions.comparison import Traffic


def show(
    name: Name,
    *,
    experiment: Experiment = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """One version with the traces it made."""
    from dataclasses import asdict

    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.versions import get_version
    from spanlake.storage.versions.comparison import traffic_of

    with open_catalog(data) as catalog, spanlake.connect(data) as lake:
        version = get_version(catalog, name, experiment=experiment)
        traffic = traffic_of(lake, [version])[version.version_id]
    if output_format == "json":
        print_json([asdict(version) | asdict(traffic)])
    else:
        console().print(_table(version, traffic))


def _table(version: "Version", traffic: "Traffic") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    git = version.git
    rows = [
        ("name", version.name),
        ("aliases", ", ".join(version.aliases)),
        ("experiment", version.experiment),
        ("description", version.description),
        ("id", version.version_id),
        ("created", quantities.moment(version.created_at)),
        ("commit", f"{git.commit} (with changes)" if git.is_dirty else git.commit),
        ("branch", git.branch),
        ("repository", git.repository),
        *((f"param {key}", value) for key, value in version.params.items()),
        *((f"tag {key}", value) for key, value in version.tags.items()),
        *((f"metric {key}", f"{value:.6g}") for key, value in version.metrics.items()),
        ("traces, estimated" if traffic.is_estimated else "traces", f"{traffic.trace_count:,}"),
        ("with errors", f"{traffic.error_trace_count:,}"),
        ("first trace", quantities.moment(traffic.first_time)),
        ("last trace", quantities.moment(traffic.last_time)),
        ("duration p50", quantities.duration(traffic.duration_p50_ms)),
        ("duration p95", quantities.duration(traffic.duration_p95_ms)),
        ("tokens", quantities.tokens(traffic.input_tokens, traffic.output_tokens)),
        ("cost", quantities.cost(traffic.cost_usd, unpriced_calls=traffic.unpriced_call_count)),
    ]
    table = Table.grid(padding=(0, 2))
    for heading, value in rows:
        table.add_row(Text(printable(heading), "dim"), Text(printable(value or quantities.UNKNOWN)))
    return table
