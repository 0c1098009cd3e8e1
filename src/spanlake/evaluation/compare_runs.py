"""Stored runs compared with each other, and judged by a gate."""

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spanlake.errors import UserError
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.statistics.check import DEFAULT_POLICY, GatePolicy
from spanlake.evaluation.statistics.compare import Run as ComparedRun
from spanlake.evaluation.statistics.compare import compare
from spanlake.evaluation.statistics.comparison import Comparison
from spanlake.evaluation.statistics.gate import GateResult, gate
from spanlake.evaluation.statistics.scorer_spec import ScorerSpec
from spanlake.storage.catalog.runs import Run, get_run
from spanlake.storage.runs.reading import run_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanlake.storage.catalog.catalog import Catalog
    from spanlake.storage.lake import Lake


def compare_runs(
    baseline: str,
    candidates: Sequence[str],
    *,
    specs: Sequence[ScorerSpec] = (),
    slices: Sequence[str] = (),
    lake: "str | Path | None" = None,
) -> Comparison:
    """Compare runs with a baseline, record by record; each by its id, the beginning of it, or name.

    specs: what is to be known of scorers, such as a margin. slices: tags of the records, or split,
    whose values are compared by themselves. lake: the data directory. Raises NotFoundError, and
    UserError where the runs have nothing in common.
    """
    with _opened(lake) as (catalog, opened):
        runs = [get_run(catalog, each) for each in (baseline, *candidates)]
        return compare_stored(opened, runs, specs=specs, slices=slices)


def compare_stored(
    lake: "Lake",
    runs: Sequence[Run],
    *,
    specs: Sequence[ScorerSpec] = (),
    slices: Sequence[str] = (),
) -> Comparison:
    """Compare runs of an open lake with the first of them. Raises UserError."""
    first, *others = (
        ComparedRun(name, run_verdicts(lake, run_id, slices))
        for run_id, name in _names(runs).items()
    )
    return compare(first, others, specs=specs, slices=slices)


def gate_run(  # noqa: PLR0913  # each a concern of its own, by name
    run: str,
    *,
    baseline: str | None = None,
    criteria: str | None = None,
    specs: Sequence[ScorerSpec] = (),
    slices: Sequence[str] = (),
    policy: GatePolicy = DEFAULT_POLICY,
    lake: "str | Path | None" = None,
) -> GateResult:
    """Judge a stored run by criteria, by a baseline, or both; by its own criteria if by neither.

    No model is asked. Raises as `compare_runs` does.
    """
    with _opened(lake) as (catalog, opened):
        found = get_run(catalog, run)
        before = None if baseline is None else get_run(catalog, baseline)
        names = _names([found] if before is None else [found, before])
        compared = [
            ComparedRun(name, run_verdicts(opened, run_id, slices))
            for run_id, name in names.items()
        ]
        asked = criteria or (found.quality_criteria if before is None else None)
        return gate(
            compared[0],
            criteria=asked,
            baseline=compared[1] if before is not None else None,
            specs=specs,
            slices=slices,
            policy=policy,
        )


def _names(runs: Sequence[Run]) -> dict[str, str]:
    """A name for each run, by its id: its own if no other has it, else with the id."""
    names = [run.name for run in runs]
    found = {
        run.run_id: run.name if names.count(run.name) == 1 else f"{run.name} ({run.run_id[:8]})"
        for run in runs
    }
    if len(found) < len(runs):
        raise UserError(
            f"the runs are {', '.join(run.name for run in runs)}: one of them comes twice; "
            "name different runs"
        )
    return found


@contextmanager
def _opened(lake: "str | Path | None") -> "Iterator[tuple[Catalog, Lake]]":
    place = Place.of(lake)
    with place.open_catalog() as catalog, place.open_lake() as opened:
        yield catalog, opened
