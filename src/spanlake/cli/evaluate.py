"""`spanlake evaluate`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.errors import NotFoundError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanlake.evaluation.result import EvaluationResult

EVALUATION_FAILED = 1
_INTERRUPTED = 130


def evaluate(  # noqa: PLR0913  # a flag each
    predict_fn: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODULE:PREDICT_FN]", help="The app; none where the data has answers."
        ),
    ] = None,
    *,
    dataset: Annotated[
        str | None, typer.Option(metavar="NAME[@VERSION]", help="What it is judged on.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Only the records of this split of the dataset.")
    ] = None,
    scorer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|MODULE:ATTR", help="A scorer; may be given often."),
    ] = None,
    traces: Annotated[
        str | None,
        typer.Option(metavar="SQL", help="Judge stored traces that meet this condition instead."),
    ] = None,
    rescore: Annotated[
        str | None, typer.Option(metavar="RUN", help="Judge the answers of a run again instead.")
    ] = None,
    criteria: Annotated[
        str | None, typer.Option(help='Such as "correctness >= 0.9"; exit status 1 if not met.')
    ] = None,
    repetitions: Annotated[int, typer.Option(min=1, help="How often each row is done.")] = 1,
    concurrency: Annotated[int, typer.Option(min=1, help="Calls of the app at once.")] = 10,
    scorer_concurrency: Annotated[int, typer.Option(min=1, help="Calls of scorers at once.")] = 10,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds that a call of the app may take.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="USD", help="What judges may spend; then it stops.")
    ] = None,
    cache: Annotated[bool, typer.Option(help="Take replies of models that were kept.")] = True,
    experiment: Annotated[str | None, typer.Option(help="That its traces belong to.")] = None,
    app_version: Annotated[str | None, typer.Option(help="The version of the app.")] = None,
    name: Annotated[str | None, typer.Option(help="What the run is called.")] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Go on with this run, doing what it lacks.")
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Judge an app on a dataset, or answers there are; exit status 1 if --criteria are not met."""
    from spanlake.cli.evaluation_progress import EvaluationProgress
    from spanlake.evaluation.evaluate import evaluate_with
    from spanlake.evaluation.harness.options import RunOptions

    if not scorer:
        raise UserError("--scorer is missing: must be given, such as --scorer exact_match")
    given = _data(dataset, traces, rescore)
    function = None if predict_fn is None else _function(predict_fn)
    with EvaluationProgress() as progress:
        options = RunOptions(
            repetitions=repetitions,
            concurrency=concurrency,
            scorer_concurrency=scorer_concurrency,
            predict_timeout=timeout,
            budget_usd=budget,
            cache=cache,
            experiment=experiment,
            app_version=app_version,
            name=name,
            quality_criteria=criteria,
            run_id=resume,
            split=split,
            progress=progress,
        )
        try:
            result = evaluate_with(given, function, scorer, options, lake=data)
        except KeyboardInterrupt:
            typer.echo("stopped; `spanlake runs list` has it, --resume RUN goes on", err=True)
            raise typer.Exit(_INTERRUPTED) from None
    _print(result, output_format)
    if not result.passed and criteria is not None:
        raise typer.Exit(EVALUATION_FAILED)


def _data(dataset: str | None, traces: str | None, rescore: str | None) -> Any:  # noqa: ANN401  # what `evaluate` takes
    from spanlake.evaluation.harness.data import StoredTraces

    given = {"--dataset": dataset, "--traces": traces, "--rescore": rescore}
    named = [flag for flag, value in given.items() if value is not None]
    if len(named) != 1:
        raise UserError(
            f"{' and '.join(named) or 'no data'} given: must be one of --dataset, --traces and "
            "--rescore"
        )
    if traces is not None:
        return StoredTraces(where=traces)
    return dataset if rescore is None else f"run:{rescore}"


def _function(named: str) -> "Callable[..., Any]":
    """The app by MODULE:FUNCTION, of what is installed or in the working directory."""
    import importlib
    import sys
    from pathlib import Path

    module, colon, attribute = named.partition(":")
    if not colon or not attribute:
        raise UserError(f"PREDICT_FN is {named}: must be MODULE:FUNCTION, such as app:answer")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and not f"{module}.".startswith(f"{error.name}."):
            raise UserError(f"PREDICT_FN is {named}: importing {module} fails: {error}") from error
        raise NotFoundError(
            f"PREDICT_FN is {named}: there is no module {module}, installed or in {Path.cwd()}"
        ) from None
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise NotFoundError(f"PREDICT_FN is {named}: {module} has no {attribute}")
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]  # whether it can be called, `evaluate` says


def _print(result: "EvaluationResult", output_format: FormatOption) -> None:
    from spanlake import quantities

    if output_format == "json":
        print_json(
            [
                {
                    "run_id": result.run_id,
                    "state": result.state,
                    "metrics": result.metrics,
                    "passed": result.passed,
                    "reason": result.reason,
                    "row_count": result.row_count,
                    "error_count": result.error_count,
                    "cost_usd": result.cost_usd,
                }
            ]
        )
        return
    typer.echo(f"run {result.run_id} {result.state}: {quantities.counted(result.row_count, 'row')}")
    width = max(map(len, result.metrics), default=0)
    for metric, value in result.metrics.items():
        typer.echo(f"  {metric:<{width}}  {value:.4g}")
    if result.cost_usd is not None:
        typer.echo(f"  judges cost {quantities.cost(result.cost_usd, unpriced_calls=0)}")
    typer.echo(f"{'passed' if result.passed else 'not passed'}: {printable(result.reason)}")
