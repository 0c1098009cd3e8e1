"""`spanlake runs gate`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from spanlake.cli.output import DataOption, output_file, print_json, printable
from spanlake.cli.runs.compare import print_comparison
from spanlake.cli.runs.options import Lower, Margins, RunName, Slices, scorer_specs

GATE_FAILED = 1


def gate(  # noqa: PLR0913  # a flag each
    run: RunName,
    *,
    baseline: Annotated[
        str | None, typer.Option(metavar="RUN", help="The run it must not be worse than.")
    ] = None,
    criteria: Annotated[
        str | None,
        typer.Option(help='Such as "correctness >= 0.9"; those of the run, if nothing is given.'),
    ] = None,
    scorer: Annotated[
        list[str] | None, typer.Option(help="Judge by this one; may be given often.")
    ] = None,
    slices: Slices = None,
    margins: Margins = None,
    lower_is_better: Lower = None,
    require: Annotated[
        Literal["no_regression", "non_inferiority"],
        typer.Option(help="Fail what is shown to be worse, or what is not shown to be as good."),
    ] = "no_regression",
    max_lost: Annotated[
        float, typer.Option(help="The share of records that may have lost their verdict.")
    ] = 0.05,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a JUnit report there, too.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a Markdown report there, too.")
    ] = None,
    data: DataOption = None,
    output_format: Annotated[
        Literal["table", "json", "markdown", "junit"],
        typer.Option("--format", help="For people, one JSON array, or a report on stdout."),
    ] = "table",
) -> None:
    """Say whether a run is good enough, exit status 1 if it is not, and which rows flipped."""
    from spanlake.evaluation.compare_runs import gate_run
    from spanlake.evaluation.reports.junit import gate_junit
    from spanlake.evaluation.reports.markdown import gate_markdown
    from spanlake.evaluation.statistics.check import GatePolicy

    result = gate_run(
        run,
        baseline=baseline,
        criteria=criteria,
        specs=scorer_specs(margins, lower_is_better),
        slices=slices or (),
        policy=GatePolicy(require=require, max_lost=max_lost, scorers=tuple(scorer or ())),
        lake=data,
    )
    for path, report in ((junit, gate_junit), (markdown, gate_markdown)):
        if path is not None:
            with output_file(path) as file:
                file.write(report(result).encode())
    match output_format:
        case "json":
            print_json([result])
        case "junit":
            typer.echo(gate_junit(result))
        case "markdown":
            typer.echo(gate_markdown(result))
        case "table":
            if result.comparison is not None:
                print_comparison(result.comparison)
                typer.echo("")
            typer.echo(f"{'passed' if result.passed else 'FAILED'}: {printable(result.reason)}")
    if not result.passed:
        raise typer.Exit(GATE_FAILED)
