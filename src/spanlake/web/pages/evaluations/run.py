"""One run: what it came to, and its rows with every verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.errors import NotFoundError
from spanlake.evaluation.run_summary import ScorerSummary
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.datasets import get_dataset
from spanlake.storage.catalog.runs import Run, get_run
from spanlake.storage.condition import literal
from spanlake.storage.lake import Lake
from spanlake.storage.pages.run_rows import (
    Outcome,
    RowOrder,
    RunRow,
    RunRowFilter,
    RunRowPage,
    RunUsage,
    read_run_row,
    read_run_rows,
    read_run_usage,
)
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.evaluations.runs import RunSummaries
from spanlake.web.pages.evaluations.scores import Axis, axis_of
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import is_fragment, render
from spanlake.web.services import Services

_PAGE_ROWS = 50
_SHOWN_SCORERS = 4
_OUTCOMES = frozenset(get_args(Outcome))
_ORDERS = frozenset(get_args(RowOrder))


@dataclass(frozen=True, slots=True)
class RunState:
    """What the page of a run shows. chosen: the row of the pane, as RECORD:REPETITION."""

    run_id: str
    outcomes: tuple[tuple[str, Outcome], ...] = ()
    failed_only: bool = False
    search: str = ""
    order: RowOrder = "failures"
    order_by: str | None = None
    page: int = 1
    chosen: str | None = None

    @classmethod
    def of(cls, run_id: str, params: QueryParams) -> Self:
        """Read a URL."""
        order, _, scorer = params.get("sort", "").partition(":")
        outcomes = []
        for each in params.getlist("verdict"):
            name, _, outcome = each.rpartition(":")
            if name and outcome in _OUTCOMES:
                outcomes.append((name, outcome))
        return cls(
            run_id=run_id,
            outcomes=tuple(dict.fromkeys(outcomes)),  # type: ignore[arg-type]  # they are some
            failed_only=params.get("failed") == "only",
            search=params.get("q", ""),
            order=order if order in _ORDERS else "failures",  # type: ignore[arg-type]  # it is one
            order_by=scorer or None,
            page=max(1, min(count_of(params.get("page")), 1_000_000)),
            chosen=params.get("row") or None,
        )

    @property
    def wanted(self) -> RunRowFilter:
        """Which rows these are."""
        return RunRowFilter(self.outcomes, self.failed_only, self.search, self.order, self.order_by)

    @property
    def key(self) -> tuple[str, int] | None:
        """The record and the repetition of the chosen row."""
        if self.chosen is None:
            return None
        record_id, _, repetition = self.chosen.rpartition(":")
        return (record_id, count_of(repetition)) if record_id else (self.chosen, 0)

    def url(self) -> str:
        """This view."""
        query = urlencode(self.pairs())
        return f"/runs/{self.run_id}" + (f"?{query}" if query else "")

    def with_outcome(self, scorer: str, outcome: Outcome) -> str:
        """Only the rows in which this became of the scorer; all, if it was so already."""
        asked = (scorer, outcome)
        left = tuple(each for each in self.outcomes if each != asked)
        outcomes = left if asked in self.outcomes else (*left, asked)
        return replace(self, outcomes=outcomes, page=1, chosen=None).url()

    def toggle_failed(self) -> str:
        """Only the rows in which anything failed, or all."""
        return replace(self, failed_only=not self.failed_only, page=1, chosen=None).url()

    def sorted_by(self, order: RowOrder, scorer: str | None = None) -> str:
        """In another order."""
        return replace(self, order=order, order_by=scorer, page=1).url()

    def choosing(self, row: RunRow) -> str:
        """With a row in the pane."""
        return replace(self, chosen=f"{row.record_id}:{row.repetition}").url()

    def at_page(self, page: int) -> str:
        """Another page."""
        return replace(self, page=page, chosen=None).url()

    def cleared(self) -> str:
        """With all rows."""
        return replace(self, outcomes=(), failed_only=False, search="", page=1, chosen=None).url()

    @property
    def is_narrowed(self) -> bool:
        """Whether any row is left out."""
        return bool(self.outcomes or self.failed_only or self.search.strip())

    def pairs(self, *left_out: str) -> list[tuple[str, str]]:
        """The fields of the URL, without those a form has itself."""
        order = f"{self.order}:{self.order_by}" if self.order_by else self.order
        plain = {
            "q": self.search,
            "failed": "only" if self.failed_only else "",
            "sort": "" if order == "failures" else order,
            "page": str(self.page) if self.page > 1 else "",
            "row": self.chosen or "",
        }
        pairs = [("verdict", f"{name}:{outcome}") for name, outcome in self.outcomes]
        pairs += [(name, value) for name, value in plain.items() if value]
        return [(name, value) for name, value in pairs if name not in left_out]


@dataclass(frozen=True, slots=True)
class _Found:
    page: RunRowPage
    usage: RunUsage
    chosen: RunRow | None


class RunPage:
    """The page of a run, and the pane of a row."""

    def __init__(self, services: Services, summaries: RunSummaries) -> None:
        self._services = services
        self._summaries = summaries

    async def show(self, request: Request) -> Response:
        """The page; or, where only the row is another one, its pane."""
        reference = request.path_params["run_id"]
        run, has_dataset = await with_catalog(
            self._services, lambda catalog: _run_of(catalog, reference)
        )
        if run.run_id != reference:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/runs/{run.run_id}{query}", 307)
        state = RunState.of(run.run_id, request.query_params)
        if is_fragment(request) and request.headers.get("hx-target") == "pane" and state.key:
            key = state.key
            row = await self._services.lakes.ask(lambda lake: read_run_row(lake, run.run_id, *key))
            return render(request, "runs/row.html", run=run, row=row, state=state)
        summaries = (await self._summaries.of((run,)))[run.run_id]
        found = await self._services.lakes.ask(lambda lake: _read(lake, run, state))
        offset = (state.page - 1) * _PAGE_ROWS
        return render(
            request,
            "runs/run.html",
            experiment=request.query_params.get("experiment") or None,
            run=run,
            has_dataset=has_dataset,
            state=state,
            summaries=summaries,
            axes=_axes(summaries),
            scorers=tuple(each.name for each in summaries)[:_SHOWN_SCORERS],
            page=found.page,
            usage=found.usage,
            row=found.chosen,
            pages=math.ceil(found.page.total / _PAGE_ROWS),
            first=offset + 1,
            query=_query(state),
        )


def _run_of(catalog: Catalog, reference: str) -> tuple[Run, bool]:
    """The run, and whether its dataset is still there."""
    run = get_run(catalog, reference)
    try:
        return run, run.dataset_id is not None and bool(get_dataset(catalog, run.dataset_id))
    except NotFoundError:
        return run, False


def _read(lake: Lake, run: Run, state: RunState) -> _Found:
    page = read_run_rows(
        lake,
        run.run_id,
        state.wanted,
        offset=(state.page - 1) * _PAGE_ROWS,
        limit=_PAGE_ROWS,
    )
    chosen = None
    if state.key is not None:
        chosen = read_run_row(lake, run.run_id, *state.key)
    elif page.rows:
        chosen = page.rows[0]
    return _Found(page, read_run_usage(lake, run.run_id), chosen)


def _axes(summaries: Sequence[ScorerSummary]) -> dict[str, Axis]:
    return {each.name: axis_of([each]) for each in summaries}


_MEANING: dict[Outcome, str] = {
    "fail": "passed = false",
    "pass": "passed",
    "error": "error_code IS NOT NULL",
    "none": "passed IS NULL AND error_code IS NULL",
}


def _query(state: RunState) -> str:
    """The rows and verdicts of the view, as a query."""
    of_run = f"run_id = {literal(state.run_id)}"
    such = [
        f"name = {literal(scorer)} AND {_MEANING[outcome]}" for scorer, outcome in state.outcomes
    ]
    if state.failed_only:
        such.append("(error_code IS NOT NULL OR passed = false)")
    if text := state.search.strip().lower():
        said = "lower(concat_ws(' ', inputs::VARCHAR, outputs::VARCHAR))"
        traced = "lower(concat_ws(' ', input, output))"
        such.append(
            f"(contains({said}, {literal(text)}) OR trace_id IN (\n"
            f"        FROM traces SELECT trace_id WHERE contains({traced}, {literal(text)})\n    ))"
        )
    keys = "(record_id, repetition)"
    conditions = [of_run]
    for each in such:
        found = (f"    SELECT {keys}", "    FROM run_results", f"    WHERE {of_run} AND {each}")
        conditions.append("\n".join((f"{keys} IN (", *found, ")")))
    return "\n".join(
        (
            "SELECT position, record_id, repetition, kind, name, value, passed, rationale, inputs,",
            "    outputs, expectations, latency_ms, error_message, trace_id",
            "FROM run_results",
            "WHERE " + "\n    AND ".join(conditions),
            "ORDER BY position, repetition, kind, name",
        )
    )
