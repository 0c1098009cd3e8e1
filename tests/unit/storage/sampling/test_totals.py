"""Totals of versions and experiments where traces stand for others."""

from datetime import UTC, datetime
from pathlib import Path

from rows import span, write

from spanlake.entities.git import GitState
from spanlake.storage.catalog.version import Version
from spanlake.storage.experiment_overview import experiment_overview
from spanlake.storage.lake import Lake
from spanlake.storage.versions.comparison import compare_versions


def version(name: str) -> Version:
    return Version(
        version_id=name,
        experiment="default",
        name=name,
        description=None,
        git=GitState(),
        params={},
        tags={},
        metrics={},
        aliases=(),
        created_at=datetime.now(UTC),
    )


def test_a_version_comes_to_what_its_traces_stand_for(tmp_path: Path) -> None:
    """Counts, sums, quantiles and means of feedback count each trace by its weight."""
    common = {"experiment": "default", "span_type": "LLM"}
    thrice = {**common, "app_version": "v1", "cost_usd": 1.0, "sample_weight": 3.0}
    write(
        tmp_path,
        {**span("a", trace_id="1", duration_ms=100), **thrice},
        {**span("b", trace_id="2", duration_ms=900), **thrice, "tail_weight": 2.0},
        {**span("c", trace_id="3", duration_ms=10, is_error=True), **common, "app_version": "v2"},
    )
    verdict = {"kind": "feedback", "name": "good", "created_at": 0, "received_at": 0}
    write(
        tmp_path,
        {**verdict, "assessment_id": "1", "trace_id": "1", "value": "1.0", "value_double": 1.0},
        {**verdict, "assessment_id": "2", "trace_id": "2", "value": "0.0", "value_double": 0.0},
        table="assessments",
    )
    with Lake(tmp_path) as lake:
        found = compare_versions(lake, [version("v1"), version("v2")])
        experiment = experiment_overview(lake, "default")
    one, two = (side.traffic for side in found.sides)
    assert (one.trace_count, one.error_trace_count, one.cost_usd) == (9, 0, 9.0)
    assert (one.duration_p50_ms, one.is_estimated) == (900.0, True)
    assert (two.trace_count, two.error_trace_count, two.is_estimated) == (1, 1, False)
    (score, _) = found.scores["good"]
    assert score is not None
    assert (score.mean, score.count) == (1 / 3, 2)
    assert (experiment.span_count, experiment.estimated_span_count) == (3, 10)
