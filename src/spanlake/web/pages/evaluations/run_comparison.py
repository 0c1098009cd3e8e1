"""Runs side by side: what may be claimed, where it is worse, and the rows that turned over."""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.errors import UserError
from spanlake.evaluation.compare_runs import compare_stored
from spanlake.evaluation.statistics.comparison import Comparison, RunComparison
from spanlake.evaluation.statistics.flips import Direction, FlippedRow
from spanlake.evaluation.statistics.wording import remarks, sentence
from spanlake.storage.catalog.runs import Run, get_run
from spanlake.storage.condition import literal
from spanlake.storage.lake import Lake
from spanlake.storage.pages.run_pairs import FlipKey, RowPair, read_row_pairs
from spanlake.storage.pages.run_rows import RunUsage, read_run_usage, slice_names
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.evaluations.effects import scorer_effects, slice_effects
from spanlake.web.pages.evaluations.row_texts import answered
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import render
from spanlake.web.pages.text_diff import TextDiff, diff_texts
from spanlake.web.services import Services

FEWEST_RUNS, MOST_RUNS = 2, 12
_FLIPS = 20
_MOST_SLICES = 4
_MOST_KEPT = 16
_DIRECTIONS = frozenset(get_args(Direction))


@dataclass(frozen=True, slots=True)
class ComparisonState:
    """What the page shows. runs: their ids, the baseline first. against: the one looked at.

    slices: tags of records, or split; None for those that have some values.
    """

    runs: tuple[str, ...]
    against: str | None = None
    slices: tuple[str, ...] | None = None
    scorer: str | None = None
    direction: Direction | None = None
    page: int = 1

    @classmethod
    def of(cls, params: QueryParams) -> Self:
        """Read a URL. UserError for fewer than two runs, or too many."""
        runs = tuple(dict.fromkeys(each for each in params.get("runs", "").split(",") if each))
        if not FEWEST_RUNS <= len(runs) <= MOST_RUNS:
            raise UserError(
                f"runs is {params.get('runs', '')[:80]!r}: must be {FEWEST_RUNS} to {MOST_RUNS} "
                "different runs with commas between, the baseline first; select them in the list"
            )
        direction = params.get("turned")
        slices = tuple(dict.fromkeys(each for each in params.getlist("slice") if each))
        return cls(
            runs=runs,
            against=params.get("against") or None,
            slices=slices or None,
            scorer=params.get("scorer") or None,
            direction=direction if direction in _DIRECTIONS else None,  # type: ignore[arg-type]  # it is one
            page=max(1, min(count_of(params.get("page")), 1_000_000)),
        )

    def url(self) -> str:
        """This comparison."""
        pairs = [("runs", ",".join(self.runs))]
        pairs += [("slice", each) for each in self.slices or ()]
        plain = {
            "against": self.against or "",
            "scorer": self.scorer or "",
            "turned": self.direction or "",
            "page": str(self.page) if self.page > 1 else "",
        }
        pairs += [(name, value) for name, value in plain.items() if value]
        return "/runs/compare?" + urlencode(pairs, safe=",")

    def looking_at(self, run_id: str) -> str:
        """Another candidate."""
        return replace(self, against=run_id, page=1).url()

    def with_baseline(self, run_id: str) -> str:
        """Another of the runs as the baseline."""
        others = (each for each in self.runs if each != run_id)
        return replace(self, runs=(run_id, *others), against=None, page=1).url()

    def flips_of(self, scorer: str | None, direction: Direction | None) -> str:
        """Only the flipped rows of a scorer, or in a direction."""
        return replace(self, scorer=scorer, direction=direction, page=1).url()

    def slicing(self, name: str, shown: tuple[str, ...]) -> str:
        """By the values of a tag, too; no longer, if it was so."""
        left = tuple(each for each in shown if each != name)
        return replace(self, slices=(left if name in shown else (*shown, name)) or None).url()

    def at_page(self, page: int) -> str:
        """Another page of the flipped rows."""
        return replace(self, page=page).url()


@dataclass(frozen=True, slots=True)
class Flip:
    """A flipped row with what was said in both runs."""

    row: FlippedRow
    pair: RowPair
    outputs: TextDiff


@dataclass(frozen=True, slots=True)
class _Read:
    comparison: Comparison
    slices: tuple[str, ...]
    known_slices: tuple[str, ...]
    usages: tuple[RunUsage, ...]


class RunComparisonPage:
    """The page. Comparisons of runs that have ended are kept: they are the same each time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kept: OrderedDict[tuple[object, ...], _Read] = OrderedDict()

    async def show(self, request: Request) -> Response:
        """The first sentence says what changed; below it is what that rests on."""
        state = ComparisonState.of(request.query_params)
        runs = await with_catalog(
            self._services, lambda catalog: [get_run(catalog, each) for each in state.runs]
        )
        ids = tuple(run.run_id for run in runs)
        if ids != state.runs:
            return RedirectResponse(replace(state, runs=ids).url(), 307)
        found = await self._compare(runs, state.slices)
        at = ids.index(state.against) if state.against in ids[1:] else 1
        shown = found.comparison.runs[at - 1]
        flipped = _wanted(shown, state)
        first = (state.page - 1) * _FLIPS
        some = flipped[first : first + _FLIPS]
        baseline, candidate = runs[0], runs[at]
        flips = await self._services.lakes.ask(
            lambda lake: _flips(lake, baseline.run_id, candidate.run_id, some)
        )
        level = found.comparison.level
        return render(
            request,
            "runs/compare.html",
            state=state,
            runs=runs,
            usages=found.usages,
            baseline=baseline,
            candidate=candidate,
            others=tuple(
                (run, sentence(each, level))
                for run, each in zip(runs[1:], found.comparison.runs, strict=True)
            ),
            sentence=sentence(shown, level),
            remarks=remarks(shown, found.comparison),
            tests=found.comparison.tests,
            effects=scorer_effects(shown),
            slices=slice_effects(shown),
            slice_names=found.slices,
            known_slices=found.known_slices,
            flips=flips,
            flipped=len(flipped),
            all_flipped=len(shown.flipped),
            first=first + 1,
            pages=math.ceil(len(flipped) / _FLIPS),
            query=_query(baseline, candidate),
        )

    async def _compare(self, runs: Sequence[Run], slices: tuple[str, ...] | None) -> _Read:
        key = (slices, *((run.run_id, run.ended_at, run.done_count) for run in runs))
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        found = await self._services.lakes.ask(lambda lake: _compared(lake, runs, slices))
        if all(run.ended_at is not None for run in runs):
            self._kept[key] = found
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def _compared(lake: Lake, runs: Sequence[Run], slices: tuple[str, ...] | None) -> _Read:
    known = slice_names(lake, runs[0].run_id)
    chosen = known[:_MOST_SLICES] if slices is None else slices
    if slices is not None and (unknown := [each for each in slices if each not in known]):
        raise UserError(
            f"slice is {unknown[0]!r}: must be a tag of the records of the baseline, or split, "
            f"that has some values; there {'are' if known else 'is'} {', '.join(known) or 'none'}"
        )
    return _Read(
        compare_stored(lake, runs, slices=chosen),
        chosen,
        known,
        tuple(read_run_usage(lake, run.run_id) for run in runs),
    )


def _wanted(run: RunComparison, state: ComparisonState) -> list[FlippedRow]:
    return [
        row
        for row in run.flipped
        if state.scorer in (None, row.scorer) and state.direction in (None, row.direction)
    ]


def _flips(
    lake: Lake, baseline: str, candidate: str, rows: Sequence[FlippedRow]
) -> tuple[Flip, ...]:
    keys = [FlipKey(row.record_id, row.baseline_trace_id, row.candidate_trace_id) for row in rows]
    pairs = read_row_pairs(lake, baseline, candidate, keys)
    return tuple(
        Flip(row, pair, diff_texts(answered(pair.baseline), answered(pair.candidate)))
        for row, pair in zip(rows, pairs, strict=True)
    )


def _query(baseline: Run, candidate: Run) -> str:
    """Every verdict on the records of both runs, side by side."""
    sides = ",\n".join(
        f"    any_value({column}) FILTER (run_id = {literal(run.run_id)}) AS {side}_{column}"
        for column in ("value", "passed", "trace_id")
        for side, run in (("baseline", baseline), ("candidate", candidate))
    )
    both = f"{literal(baseline.run_id)}, {literal(candidate.run_id)}"
    return "\n".join(
        (
            f"SELECT record_id, repetition, name,\n{sides}",
            "FROM run_results",
            f"WHERE run_id IN ({both}) AND kind = 'verdict'",
            "GROUP BY ALL",
            "ORDER BY baseline_passed IS NOT DISTINCT FROM candidate_passed, name, record_id",
        )
    )
