"""`/api/v1/runs`: evaluation and scoring runs, their rows, and what changed between them."""

from dataclasses import asdict
from typing import Any

from pydantic import Field
from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.errors import UserError
from spanlake.evaluation.compare_runs import compare_stored
from spanlake.evaluation.run_summary import ScorerSummary, summarise_runs
from spanlake.evaluation.statistics.wording import remarks, sentence
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.run_search import RunSearch, search_runs
from spanlake.storage.catalog.runs import Run, RunKind, delete_run, get_run
from spanlake.storage.pages.run_rows import (
    Outcome,
    RowOrder,
    RunRow,
    RunRowFilter,
    read_run_rows,
)
from spanlake.web.api.endpoint import Call, Endpoint, Model, Nothing, json_answer
from spanlake.web.api.json_fragment import fragment
from spanlake.web.catalog_thread import with_catalog

_TAG = "runs"
_ONE = "/runs/{run_id}"
_FEWEST, _MOST = 2, 12
_MOST_NAMES = 4_000


class RunsQuery(Model):
    """Which runs: those that are all of this, the newest first."""

    text: str = Field("", max_length=1_000, description="A part of name, dataset or app version.")
    experiment: str | None = None
    kind: RunKind | None = None
    limit: int = Field(50, ge=1, le=1_000)
    offset: int = Field(0, ge=0, le=2**31)


class RowsQuery(Model):
    """Which rows of a run: those that are all of this."""

    scorer: str | None = Field(None, description="With `outcome`: what became of this scorer.")
    outcome: Outcome | None = Field(None, description="With `scorer`: what became of it.")
    failed_only: bool = Field(False, description="The app, or any scorer, failed.")
    text: str = Field("", max_length=1_000, description="A part of what was asked or answered.")
    order: RowOrder = Field("position", description="score needs a scorer: its lowest first.")
    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=2**31)


class RunComparisonQuery(Model):
    """Which runs, each by its id, the beginning of it, or its name."""

    runs: str = Field(
        max_length=_MOST_NAMES, description="Two to twelve with commas between, the baseline first."
    )
    slice: str | None = Field(
        None,
        max_length=_MOST_NAMES,
        description="Tags of records, or `split`, with commas between.",
    )


async def _list(call: Call[RunsQuery, Nothing]) -> Response:
    asked = call.query
    wanted = RunSearch(text=asked.text, experiment=asked.experiment, kind=asked.kind)
    found = await with_catalog(
        call.services,
        lambda catalog: search_runs(catalog, wanted, offset=asked.offset, limit=asked.limit),
    )
    return json_answer({"runs": found.runs, "total": found.total})


async def _get(call: Call[Nothing, Nothing]) -> Response:
    run = await _run(call)
    found = await call.services.lakes.ask(lambda lake: summarise_runs(lake, [run.run_id]))
    return json_answer({"run": run, "scorers": [_summary(each) for each in found[run.run_id]]})


async def _rows(call: Call[RowsQuery, Nothing]) -> Response:
    asked = call.query
    if (asked.scorer is None) != (asked.outcome is None) and asked.order != "score":
        raise UserError("scorer and outcome go together: give both, or neither")
    if asked.order == "score" and asked.scorer is None:
        raise UserError("order is 'score': needs the scorer by whose values; give scorer, too")
    run = await _run(call)
    of_scorer = ((asked.scorer, asked.outcome),) if asked.scorer and asked.outcome else ()
    wanted = RunRowFilter(
        outcomes=of_scorer,
        failed_only=asked.failed_only,
        text=asked.text,
        order=asked.order,
        order_by=asked.scorer,
    )
    page = await call.services.lakes.ask(
        lambda lake: read_run_rows(lake, run.run_id, wanted, offset=asked.offset, limit=asked.limit)
    )
    return json_answer({"rows": [_row(each) for each in page.rows], "total": page.total})


async def _compare(call: Call[RunComparisonQuery, Nothing]) -> Response:
    names = [each.strip() for each in call.query.runs.split(",") if each.strip()]
    if not _FEWEST <= len(names) <= _MOST:
        raise UserError(f"runs names {len(names)}: must be {_FEWEST} to {_MOST}; name others")
    slices = [each.strip() for each in (call.query.slice or "").split(",") if each.strip()]
    runs = await with_catalog(
        call.services, lambda catalog: [get_run(catalog, each) for each in names]
    )
    found = await call.services.lakes.ask(lambda lake: compare_stored(lake, runs, slices=slices))
    return json_answer(
        {
            "baseline": found.baseline,
            "level": found.level,
            "tests": found.tests,
            "candidates": [
                {
                    "sentence": sentence(each, found.level),
                    "remarks": remarks(each, found),
                    **asdict(each),
                }
                for each in found.runs
            ],
        }
    )


async def _delete(call: Call[Nothing, Nothing]) -> Response:
    def delete(catalog: Catalog) -> Run:
        run = get_run(catalog, call.path["run_id"])
        delete_run(catalog, run.run_id, actor=call.principal)
        return run

    return json_answer({"run": await with_catalog(call.services, delete)})


async def _run(call: Call[Any, Any]) -> Run:
    return await with_catalog(call.services, lambda catalog: get_run(catalog, call.path["run_id"]))


def _summary(summary: ScorerSummary) -> dict[str, Any]:
    mean = summary.mean
    return {
        "name": summary.name,
        "kind": summary.kind,
        "mean": mean.value,
        "low": mean.low,
        "high": mean.high,
        "level": mean.level,
        "method": mean.method,
        "count": mean.count,
        "passed": summary.passed,
        "failed": summary.failed,
        **asdict(summary.coverage),
    }


def _row(row: RunRow) -> dict[str, Any]:
    plain = asdict(row)
    for name in ("inputs", "outputs", "expectations", "tags"):
        plain[name] = fragment(plain[name])
    return plain


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/runs",
        tag=_TAG,
        permission=Permission.READ,
        summary="Evaluation and scoring runs, the newest first.",
        handle=_list,
        query=RunsQuery,
        body=Nothing,
        answers={200: "`runs`, and the `total` there are."},
    ),
    Endpoint(
        method="GET",
        path="/run-comparison",
        tag=_TAG,
        permission=Permission.READ,
        summary="Runs against a baseline: effects with intervals, and the rows that flipped.",
        handle=_compare,
        query=RunComparisonQuery,
        body=Nothing,
        answers={200: "`baseline`, and for each of `candidates` a sentence and its scorers."},
    ),
    Endpoint(
        method="GET",
        path=_ONE,
        tag=_TAG,
        permission=Permission.READ,
        summary="One run by its id, the beginning of it, or its name.",
        handle=_get,
        query=Nothing,
        body=Nothing,
        answers={200: "`run`, and the mean of each of `scorers` with its interval."},
    ),
    Endpoint(
        method="DELETE",
        path=_ONE,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Remove a run from the list; its results and traces stay in the lake.",
        handle=_delete,
        query=Nothing,
        body=Nothing,
        answers={200: "The `run` it was."},
    ),
    Endpoint(
        method="GET",
        path=f"{_ONE}/rows",
        tag=_TAG,
        permission=Permission.READ,
        summary="Rows of a run, with every verdict on them.",
        handle=_rows,
        query=RowsQuery,
        body=Nothing,
        answers={200: "`rows`, and the `total` there are."},
    ),
)
