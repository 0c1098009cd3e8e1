"""The list of runs: what each was on, and what each scorer came to, with its interval."""

import math
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from typing import Self, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.errors import UserError
from spanlake.evaluation.run_summary import ScorerSummary, summarise_runs
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling
from spanlake.storage.catalog.run_search import RunSearch, search_runs
from spanlake.storage.catalog.runs import Run, RunKind, get_run
from spanlake.storage.condition import literal
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.evaluations.run_comparison import FEWEST_RUNS, MOST_RUNS
from spanlake.web.pages.evaluations.scores import axis_of
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services

PAGE_ROWS = 25
_SHOWN_SCORERS = 4
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class RunsState:
    """What the list shows. scorers: the columns, chosen by hand; none for the commonest."""

    search: str = ""
    experiment: str | None = None
    kind: RunKind | None = None
    scorers: tuple[str, ...] = ()
    page: int = 1

    @classmethod
    def of(cls, params: QueryParams) -> Self:
        """Read a URL."""
        kind = params.get("kind")
        return cls(
            search=params.get("q", ""),
            experiment=params.get("experiment") or None,
            kind=kind if kind in get_args(RunKind) else None,  # type: ignore[arg-type]  # it is one
            scorers=tuple(dict.fromkeys(each for each in params.getlist("scorer") if each)),
            page=max(1, min(count_of(params.get("page")), 1_000_000)),
        )

    def url(self) -> str:
        """This list."""
        query = urlencode(self.pairs())
        return "/runs" + (f"?{query}" if query else "")

    def at_page(self, page: int) -> str:
        """Another page."""
        return replace(self, page=page).url()

    def of_kind(self, kind: RunKind | None) -> str:
        """Runs of one kind, or of both."""
        return replace(self, kind=kind, page=1).url()

    def showing(self, scorer: str, shown: tuple[str, ...]) -> str:
        """With the column of a scorer, or without it."""
        left = tuple(each for each in shown if each != scorer)
        return replace(self, scorers=left if scorer in shown else (*shown, scorer)).url()

    def pairs(self, *left_out: str) -> list[tuple[str, str]]:
        """The fields of the URL, without those a form has itself."""
        plain = {
            "experiment": self.experiment or "",
            "q": self.search,
            "kind": self.kind or "",
            "page": str(self.page) if self.page > 1 else "",
        }
        pairs = [(name, value) for name, value in plain.items() if value]
        pairs += [("scorer", each) for each in self.scorers]
        return [(name, value) for name, value in pairs if name not in left_out]


class RunSummaries:
    """The summaries of runs that have ended, kept: they are the same each time."""

    def __init__(self, services: Services, resampling: Resampling = DEFAULT) -> None:
        self._services = services
        self._resampling = resampling
        self._kept: OrderedDict[tuple[object, ...], tuple[ScorerSummary, ...]] = OrderedDict()

    async def of(self, runs: tuple[Run, ...]) -> dict[str, tuple[ScorerSummary, ...]]:
        """The scorers of each run."""
        keys = {run.run_id: (run.run_id, run.state, run.ended_at, run.done_count) for run in runs}
        lacking = [run.run_id for run in runs if keys[run.run_id] not in self._kept]
        found: dict[str, tuple[ScorerSummary, ...]] = {}
        if lacking:
            found = await self._services.lakes.ask(
                lambda lake: summarise_runs(lake, lacking, self._resampling)
            )
        for run in runs:
            if run.run_id in found and run.ended_at is not None:
                self._kept[keys[run.run_id]] = found[run.run_id]
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return {
            run.run_id: found.get(run.run_id) or self._kept.get(keys[run.run_id], ())
            for run in runs
        }


class RunList:
    """The list, and what is done with the rows selected in it."""

    def __init__(self, services: Services, summaries: RunSummaries) -> None:
        self._services = services
        self._summaries = summaries

    async def show(self, request: Request) -> Response:
        """The newest runs first."""
        state = RunsState.of(request.query_params)
        wanted = RunSearch(text=state.search, experiment=state.experiment, kind=state.kind)
        offset = (state.page - 1) * PAGE_ROWS
        found = await with_catalog(
            self._services,
            lambda catalog: search_runs(catalog, wanted, offset=offset, limit=PAGE_ROWS),
        )
        summaries = await self._summaries.of(found.runs)
        by_name = {
            run_id: {each.name: each for each in each_of} for run_id, each_of in summaries.items()
        }
        counts = Counter(name for names in by_name.values() for name in names)
        known = sorted(counts, key=lambda name: (-counts[name], name))
        shown = tuple(each for each in state.scorers if each in counts) or tuple(
            known[:_SHOWN_SCORERS]
        )
        return render(
            request,
            "runs/list.html",
            state=state,
            runs=found.runs,
            total=found.total,
            summaries=by_name,
            scorers=shown,
            known_scorers=known,
            axes={
                name: axis_of(names[name] for names in by_name.values() if name in names)
                for name in shown
            },
            pages=math.ceil(found.total / PAGE_ROWS),
            first=offset + 1,
            query=_query(state),
            is_narrowed=bool(state.search or state.kind or state.experiment),
        )

    async def selected(self, request: Request) -> Response:
        """The selected runs side by side; the one that began first is the baseline."""
        ids = [each for each in request.query_params.get("ids", "").split(",") if each]
        if not FEWEST_RUNS <= len(ids) <= MOST_RUNS:
            raise UserError(
                f"{len(ids)} runs are selected: select {FEWEST_RUNS} to {MOST_RUNS} to compare them"
            )
        runs = await with_catalog(
            self._services, lambda catalog: [get_run(catalog, each) for each in ids]
        )
        ordered = sorted(runs, key=lambda run: run.started_at)
        chosen = ",".join(run.run_id for run in ordered)
        return RedirectResponse("/runs/compare?" + urlencode({"runs": chosen}), 303)


def _query(state: RunsState) -> str:
    conditions = [
        f"{column} = {literal(value)}"
        for column, value in (("experiment", state.experiment), ("kind", state.kind))
        if value
    ]
    if text := state.search.strip():
        said = "concat_ws(' ', name, dataset_name, app_version, run_id)"
        conditions.append(f"contains(lower({said}), {literal(text.lower())})")
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    return f"FROM runs{where}\nORDER BY started_at DESC\nLIMIT 1000"
