"""`spanlake.evaluate`: an app or what it answered, judged by scorers, as a run that is kept."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from spanlake.errors import UserError
from spanlake.evaluation.harness.checks import check_scorers, check_sets
from spanlake.evaluation.harness.data import read_data
from spanlake.evaluation.harness.evaluation import Evaluation
from spanlake.evaluation.harness.event_loop import run_to_end
from spanlake.evaluation.harness.options import RunOptions, read_scorers
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.harness.prediction import Predictor
from spanlake.evaluation.harness.progress import Tell
from spanlake.evaluation.harness.row import EvaluationData
from spanlake.evaluation.marked_test import CURRENT
from spanlake.evaluation.result import EvaluationResult
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.runs import (
    Run,
    RunPlan,
    RunScorer,
    begin_run,
    get_run,
    resume_run,
)
from spanlake.storage.files.state import make_root

TEST_RUN: Final = "pytest.run_id"
TEST: Final = "pytest.test"
"""The tags of a run that a marked test made: the run of its session, and pytest's name for it."""
_LONGEST_TAG = 200


def evaluate(  # noqa: PLR0913  # all that can be said of a run, by name
    data: Any,  # noqa: ANN401  # see below
    predict_fn: Callable[..., Any] | None = None,
    scorers: Sequence[Scorer | Callable[..., Any] | str] = (),
    *,
    quality_criteria: str | None = None,
    repetitions: int = 1,
    concurrency: int = 10,
    scorer_concurrency: int = 10,
    predict_timeout: float | None = None,
    budget_usd: float | None = None,
    cache: bool = True,
    experiment: str | None = None,
    app_version: str | None = None,
    name: str | None = None,
    tags: Mapping[str, Any] | None = None,
    split: str | None = None,
    run_id: str | None = None,
    progress: Tell | None = None,
    lake: str | Path | None = None,
) -> EvaluationResult:
    """Judge an app on data, or answers that there are already, and keep it all as a run.

    data: a dataset or its name (NAME, NAME@VERSION), a DataFrame, a list of mappings with inputs,
    expectations and perhaps outputs, a list of Traces, StoredTraces, or a run to score again
    ("run:ID", or an EvaluationResult).
    predict_fn: the app, sync or async, called with the keys of inputs as keyword arguments; to be
    left out where the data has answers. What it raises is the result of that row.
    scorers: scorers, functions that could be one, or their names.

    quality_criteria: such as "correctness >= 0.9 AND `latency/p90` <= 2". repetitions: how often
    each row is done. concurrency, scorer_concurrency: calls of the app, and of scorers, at once.
    predict_timeout: seconds. budget_usd: what judges may spend; then the run stops. cache: take
    replies of models that the lake has kept. split: of a dataset, the only records to take.
    run_id: go on with this run, doing what it lacks. progress: called with a Progress some times a
    second. lake: the data directory; in a test that is marked, that of the session's run.

    Raises UserError for what cannot be evaluated, before anything is done.
    """
    if isinstance(predict_fn, list | tuple | Scorer):  # as MLflow orders them
        predict_fn, scorers = (scorers or None), predict_fn  # type: ignore[assignment]
    options = RunOptions(
        repetitions=repetitions,
        concurrency=concurrency,
        scorer_concurrency=scorer_concurrency,
        predict_timeout=predict_timeout,
        budget_usd=budget_usd,
        cache=cache,
        experiment=experiment,
        app_version=app_version,
        name=name,
        tags=tags or {},
        quality_criteria=quality_criteria,
        run_id=run_id,
        split=split,
        progress=progress,
    )
    return evaluate_with(data, predict_fn, scorers, options, lake=lake)


def evaluate_with(
    data: Any,  # noqa: ANN401  # see `evaluate`
    predict_fn: Callable[..., Any] | None,
    scorers: Sequence[Scorer | Callable[..., Any] | str],
    options: RunOptions,
    *,
    lake: str | Path | None = None,
) -> EvaluationResult:
    """The same with its options as one value."""
    test = CURRENT.test
    place = Place.of(lake if test is None or lake is not None else test.data)
    make_root(place.root)
    given = read_data(data, place, split=options.split)
    chosen = read_scorers(scorers)
    _check(given, predict_fn, chosen)
    check_sets(chosen, place)
    with place.open_catalog() as catalog:
        check_scorers(chosen, catalog, options.budget_usd)
        run = _begin(catalog, given, predict_fn, chosen, options)
        evaluation = Evaluation(place, catalog, run, given, predict_fn, chosen, options)
        return run_to_end(evaluation.run)


def _begin(
    catalog: Catalog,
    data: EvaluationData,
    predict_fn: Callable[..., Any] | None,
    scorers: Sequence[Scorer],
    options: RunOptions,
) -> Run:
    named = tuple(RunScorer(each.name, each.digest) for each in scorers)
    rows = None if data.count is None else data.count * options.repetitions
    if options.run_id is not None:
        run = get_run(catalog, options.run_id)
        digest = data.dataset.digest if data.dataset else None
        is_other = data.dataset is not None and run.params.get("data") != data.description
        if run.dataset_digest != digest or is_other:
            raise UserError(
                f"run_id is {options.run_id}: that run is on the {run.params.get('data')}, and "
                f"data is the {data.description}: must be the same; name that version and split, "
                "or begin a new run"
            )
        return resume_run(catalog, run.run_id, scorers=named, row_count=rows)
    at = data.dataset
    plan = RunPlan(
        name=options.name,
        experiment=options.experiment or (at.dataset.experiment if at else None),
        dataset_id=at.dataset.dataset_id if at else None,
        dataset_name=at.dataset.name if at else None,
        dataset_version=at.version if at else None,
        dataset_digest=at.digest if at else None,
        source_run_id=data.source_run_id,
        app_version=options.app_version,
        params={
            "predict_fn": getattr(predict_fn, "__qualname__", None) if predict_fn else None,
            "data": data.description,
            "repetitions": options.repetitions,
            "concurrency": options.concurrency,
        },
        scorers=named,
        tags={**options.tags, **_test_tags()},
        quality_criteria=options.quality_criteria,
        row_count=rows,
    )
    return begin_run(catalog, plan)


def _test_tags() -> dict[str, str]:
    """The marked test that evaluates, and the run of its session."""
    test = CURRENT.test
    if test is None:
        return {}
    return {TEST_RUN: test.run_id, TEST: test.node_id[:_LONGEST_TAG]}


def _check(
    data: EvaluationData, predict_fn: Callable[..., Any] | None, scorers: Sequence[Scorer]
) -> None:
    """Refuse what cannot be evaluated before anything is done. Raises UserError."""
    if predict_fn is not None and not callable(predict_fn):
        raise UserError(
            f"predict_fn is of type {type(predict_fn).__name__}: must be a function of the inputs"
        )
    first = next(data.rows(), None)
    if first is None:
        return
    for scorer in scorers:
        if isinstance(scorer, SqlScorer) and predict_fn is None and first.trace_id is None:
            raise UserError(
                f"the scorer {scorer.name} is a SELECT over stored traces, and row 1 of the "
                f"{data.description} has none: give the app as predict_fn, or stored traces as data"
            )
    if predict_fn is None:
        if not data.has_answers and not first.has_outputs and first.session_id is None:
            raise UserError(
                f"predict_fn is None, and row 1 of the {data.description} has no outputs: "
                "give the app as predict_fn, or rows with outputs"
            )
        return
    if data.has_answers:
        raise UserError(
            f"predict_fn is given, and the {data.description} have outputs already: leave one out"
        )
    for scorer in scorers:
        if scorer.is_session_level:
            raise UserError(
                f"the scorer {scorer.name} scores whole sessions, and predict_fn answers single "
                "rows: leave out predict_fn, and give stored traces as data"
            )
    Predictor(function=predict_fn, run_id="").check(first.inputs)
