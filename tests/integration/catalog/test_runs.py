"""Runs, over every database that can hold the catalog."""

from dataclasses import replace

import pytest

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.run_columns import runs_table
from spanlake.storage.catalog.runs import (
    RunOutcome,
    RunPlan,
    RunScorer,
    begin_run,
    delete_run,
    end_run,
    get_run,
    list_runs,
    resume_run,
)

PLAN = RunPlan(
    name="nightly",
    experiment="support",
    dataset_name="qa",
    dataset_version=3,
    params={"repetitions": 2, "predict_fn": "app"},
    scorers=(RunScorer("exact", "abc"),),
    tags={"branch": "main", "build": 17},
    quality_criteria="exact >= 0.9",
    row_count=10,
)


def test_a_run_begins_and_ends(catalog: Catalog) -> None:
    """A run has what it was to do from its beginning, and what came of it from its end."""
    begun = begin_run(catalog, PLAN)
    assert (begun.state, begun.kind, begun.name) == ("running", "evaluation", "nightly")
    assert begun.params == PLAN.params
    assert (begun.scorers, begun.tags) == (PLAN.scorers, {"branch": "main", "build": "17"})
    outcome = RunOutcome(
        state="finished",
        metrics={"exact/mean": 0.5},
        passed=False,
        reason="exact is 0.5",
        done_count=10,
        error_count=1,
        cost_usd=0.25,
    )
    ended = end_run(catalog, begun.run_id, outcome)
    assert (ended.state, ended.metrics, ended.passed) == ("finished", {"exact/mean": 0.5}, False)
    assert ended.ended_at is not None
    assert get_run(catalog, begun.run_id) == ended
    (row,) = runs_table(catalog).to_pylist()
    assert (row["run_id"], row["metrics"]) == (begun.run_id, [("exact/mean", 0.5)])


def test_a_run_goes_on(catalog: Catalog) -> None:
    """A run that is gone on with is running again, with the scorers it has then."""
    run = begin_run(catalog, PLAN)
    end_run(catalog, run.run_id, RunOutcome(state="failed", error_message="OSError: full"))
    scorers = (RunScorer("exact", "def"),)
    resumed = resume_run(catalog, run.run_id, scorers=scorers, row_count=12)
    assert (resumed.state, resumed.scorers, resumed.row_count) == ("running", scorers, 12)
    assert (resumed.ended_at, resumed.error_message) == (None, None)
    assert resumed.started_at == run.started_at


def test_a_run_is_found(catalog: Catalog) -> None:
    """A run is found by its id, the beginning of it, or its name, the newest of that name."""
    first = begin_run(catalog, PLAN)
    second = begin_run(catalog, PLAN)
    other = begin_run(catalog, replace(PLAN, name=None, kind="scoring"))
    assert get_run(catalog, "nightly").run_id == second.run_id
    assert get_run(catalog, first.run_id[:16]).run_id == first.run_id
    assert other.name.startswith("scoring 20")
    assert [each.run_id for each in list_runs(catalog, kind="scoring")] == [other.run_id]
    assert len(list_runs(catalog, limit=2)) == 2
    with pytest.raises(NotFoundError, match=r"^RUN is 'nightli': .*did you mean 'nightly'"):
        get_run(catalog, "nightli")
    with pytest.raises(NotFoundError, match=r"^RUN is '': "):
        get_run(catalog, "")


def test_a_run_is_removed(catalog: Catalog) -> None:
    """A removed run is gone from the list."""
    run = begin_run(catalog, PLAN)
    delete_run(catalog, run.run_id)
    assert list_runs(catalog) == []
    with pytest.raises(NotFoundError):
        delete_run(catalog, run.run_id)


def test_what_is_no_run(catalog: Catalog) -> None:
    """A name and params that cannot be kept are refused."""
    with pytest.raises(UserError, match=r"^the name of the run is 'a\\nb'"):
        begin_run(catalog, replace(PLAN, name="a\nb"))
    with pytest.raises(UserError, match=r"^the params of the run cannot be kept"):
        begin_run(catalog, replace(PLAN, params={"f": object()}))
