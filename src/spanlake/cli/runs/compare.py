"""`spanlake runs compare`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, console, print_json, printable
from spanlake.cli.runs.options import Lower, Margins, RunName, Slices, scorer_specs

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.evaluation.statistics.comparison import Comparison, RunComparison

_MOST_FLIPPED = 20


def compare(  # noqa: PLR0913  # a flag each
    baseline: RunName,
    candidates: Annotated[list[str], typer.Argument(metavar="RUN...", help="Others.")],
    *,
    slices: Slices = None,
    margins: Margins = None,
    lower_is_better: Lower = None,
    data: DataOption = None,
    output_format: Annotated[
        Literal["table", "json", "markdown"],
        typer.Option("--format", help="For people, one JSON array, or a pull request."),
    ] = "table",
) -> None:
    """Compare runs with the first one, record by record: what changed, and what that is worth."""
    from spanlake.evaluation.compare_runs import compare_runs
    from spanlake.evaluation.reports.markdown import comparison_markdown

    comparison = compare_runs(
        baseline,
        candidates,
        specs=scorer_specs(margins, lower_is_better),
        slices=slices or (),
        lake=data,
    )
    match output_format:
        case "json":
            print_json(comparison.runs)
        case "markdown":
            typer.echo(comparison_markdown(comparison))
        case "table":
            print_comparison(comparison)


def print_comparison(comparison: "Comparison") -> None:
    """Print each candidate against the baseline, for people."""
    from spanlake.evaluation.statistics.wording import remarks, sentence

    screen = console()
    for number, run in enumerate(comparison.runs):
        if number:
            screen.print()
        screen.print(printable(sentence(run, comparison.level)))
        screen.print()
        screen.print(_scorers(run, comparison.level))
        for line in remarks(run, comparison):
            screen.print(f"· {printable(line)}")
        if run.flipped:
            screen.print()
            screen.print(_flipped(run))
            if len(run.flipped) > _MOST_FLIPPED:
                screen.print(
                    f"and {len(run.flipped) - _MOST_FLIPPED:,} more; --format json has all"
                )


def _scorers(run: "RunComparison", level: float) -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake.evaluation.statistics.wording import amount, difference_text, p_text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("scorer")
    for heading in (run.baseline, run.candidate):
        table.add_column(printable(heading), justify="right")
    for heading in ("change", "evidence"):
        table.add_column(heading)
    table.add_column("pairs", justify="right")
    for scorer in run.scorers:
        means = (
            "none" if each.value is None else amount(each.value, scorer)
            for each in (scorer.baseline, scorer.candidate)
        )
        table.add_row(
            Text(printable(scorer.spec.name)),
            *means,
            difference_text(scorer, level),
            f"{scorer.change.value}, {p_text(scorer.p_adjusted)}",
            f"{scorer.pairs:,}",
        )
        for part in scorer.slices:
            value = "(none)" if part.value is None else part.value
            table.add_row(
                Text(printable(f"  {part.column} = {value}")),
                "",
                "",
                difference_text(scorer, level, part),
                f"{part.change.value}, {p_text(part.p_adjusted)}",
                f"{part.pairs:,}",
            )
    return table


def _flipped(run: "RunComparison") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("flipped record", "scorer", "turned", "trace before", "trace now"):
        table.add_column(heading, no_wrap=True)
    for row in run.flipped[:_MOST_FLIPPED]:
        table.add_row(
            Text(printable(row.record_id)),
            Text(printable(row.scorer)),
            row.direction.replace("_", " "),
            row.baseline_trace_id or "",
            row.candidate_trace_id or "",
        )
    return table
