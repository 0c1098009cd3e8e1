"""`spanlake versions compare`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.versions.options import Experiment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from spanlake.storage.versions.comparison import Comparison, Score


def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME NAME...", help="Names or ids, or @ALIASes.")
    ],
    *,
    experiment: Experiment = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Versions side by side: parameters that differ, metrics, feedback, and their traces."""
    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.versions import get_version
    from spanlake.storage.versions.comparison import compare_versions

    with open_catalog(data) as catalog, spanlake.connect(data) as lake:
        versions = [get_version(catalog, name, experiment=experiment) for name in names]
        found = compare_versions(lake, versions)
    if output_format == "json":
        print_json([found])
    else:
        console().print(_table(found))


def _table(found: "Comparison") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("")
    for side in found.sides:
        shown = " ".join((side.version.name, *(f"@{each}" for each in side.version.aliases)))
        table.add_column(printable(shown), justify="right", overflow="fold")
    for heading, values in _rows(found):
        table.add_row(Text(printable(heading), "dim"), *(Text(printable(each)) for each in values))
    return table


def _rows(found: "Comparison") -> "Iterator[tuple[str, list[str]]]":
    from spanlake import quantities

    traffic = [side.traffic for side in found.sides]
    for key, values in found.params.items():
        yield f"param {key}", [each or quantities.UNKNOWN for each in values]
    for key, numbers in found.metrics.items():
        yield (
            f"metric {key}",
            [quantities.UNKNOWN if each is None else f"{each:.6g}" for each in numbers],
        )
    for key, scores in found.scores.items():
        yield f"feedback {key}", [_score(each) for each in scores]
    is_estimated = any(each.is_estimated for each in traffic)
    yield (
        "traces, estimated" if is_estimated else "traces",
        [f"{each.trace_count:,}" for each in traffic],
    )
    yield "with errors", [f"{each.error_trace_count:,}" for each in traffic]
    yield "duration p50", [quantities.duration(each.duration_p50_ms) for each in traffic]
    yield "duration p95", [quantities.duration(each.duration_p95_ms) for each in traffic]
    yield "tokens", [quantities.tokens(each.input_tokens, each.output_tokens) for each in traffic]
    yield (
        "cost",
        [
            quantities.cost(each.cost_usd, unpriced_calls=each.unpriced_call_count)
            for each in traffic
        ],
    )


def _score(score: "Score | None") -> str:
    from spanlake import quantities

    return quantities.UNKNOWN if score is None else f"{score.mean:.3f} (n={score.count:,})"
