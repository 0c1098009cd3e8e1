"""`spanlake score`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.evaluation.scoring.options import ScoreResult

_INTERRUPTED = 130


def score(  # noqa: PLR0913  # a flag each
    trace_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TRACE_ID]...", help="Only these; or the beginning of each."),
    ] = None,
    *,
    scorer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|MODULE:ATTR|FILE.sql", help="A scorer; may be given often."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(metavar="SQL", help="Condition on columns of the view traces."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="30m, 24h, 7d, 2w ago, or a date such as 2026-11-21.")
    ] = None,
    sample: Annotated[float, typer.Option(help="The share to score, such as 0.1.")] = 1.0,
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many targets at most, the oldest.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many calls and dollars it would be.")
    ] = False,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Score what failed again, too.")
    ] = False,
    include_evaluations: Annotated[
        bool, typer.Option("--include-evaluations", help="Traces of evaluations, too.")
    ] = False,
    concurrency: Annotated[int, typer.Option(min=1, help="Calls of scorers at once.")] = 10,
    budget: Annotated[
        float | None, typer.Option(metavar="USD", help="What judges may spend; then it stops.")
    ] = None,
    cache: Annotated[bool, typer.Option(help="Take replies of models that were kept.")] = True,
    name: Annotated[str | None, typer.Option(help="What the run is called.")] = None,
    engine: Annotated[
        Literal["asyncio", "ray"],
        typer.Option(help="Where scorers run: in this process, or on a Ray cluster."),
    ] = "asyncio",
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Score the stored traces that lack a verdict of these scorers, each once."""
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.evaluation_progress import EvaluationProgress
    from spanlake.cli.since import parse_since
    from spanlake.evaluation.score import score_with
    from spanlake.evaluation.scoring.options import ScoreOptions
    from spanlake.storage.traces import full_trace_id

    if not scorer:
        raise UserError("--scorer is missing: must be given, such as --scorer response_length")
    ids = None
    if trace_ids:
        with spanlake.connect(data) as lake:
            ids = tuple(full_trace_id(lake, each) for each in trace_ids)
    with EvaluationProgress() as progress:
        options = ScoreOptions(
            where=where,
            since=None if since is None else parse_since(since, now=datetime.now(UTC)),
            sample=sample,
            limit=limit,
            trace_ids=ids,
            retry_errors=retry_errors,
            include_evaluations=include_evaluations,
            concurrency=concurrency,
            budget_usd=budget,
            cache=cache,
            name=name,
            dry_run=dry_run,
            engine=engine,
            progress=progress,
        )
        try:
            result = score_with(scorer, options, lake=data)
        except KeyboardInterrupt:
            typer.echo("stopped; the same command goes on, and scores nothing twice", err=True)
            raise typer.Exit(_INTERRUPTED) from None
    if output_format == "json":
        print_json([result])
    else:
        _print(result)


def _print(result: "ScoreResult") -> None:
    from spanlake import quantities

    for plan in result.plan:
        targets = quantities.counted(plan.targets, "target")
        if result.state == "planned":
            cost = "" if plan.cost_usd is None else f", about {plan.cost_usd:.4f} USD"
            typer.echo(f"{plan.scorer}: {targets} without a verdict{cost}")
        else:
            typer.echo(f"{plan.scorer}: {result.scored.get(plan.scorer, 0):,} verdicts, {targets}")
    if result.state != "planned":
        said = f", {result.errors:,} of them errors" if result.errors else ""
        cost = "" if result.cost_usd is None else f", {result.cost_usd:.4f} USD"
        total = quantities.counted(sum(result.scored.values()), "verdict")
        typer.echo(f"{result.state}: {total}{said}{cost}")
        if result.unanswered:
            typer.echo(
                f"{result.unanswered:,} were not answered by a model: the same command asks again, "
                "and the view `unscored` says why"
            )
