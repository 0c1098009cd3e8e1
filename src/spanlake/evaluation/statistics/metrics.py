"""Metrics of a run by their names, `<scorer>/<aggregation>`."""

import re
from collections.abc import Callable, Iterable

import numpy as np

from spanlake.evaluation.statistics.estimate import Estimate, FloatArray
from spanlake.evaluation.statistics.means import mean_of
from spanlake.evaluation.statistics.records import by_record
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling
from spanlake.evaluation.statistics.verdicts import SCORED, Verdicts, kind_of

AGGREGATIONS: dict[str, Callable[[FloatArray], float]] = {
    "min": lambda values: float(values.min()),
    "max": lambda values: float(values.max()),
    "sum": lambda values: float(values.sum()),
    "median": lambda values: float(np.median(values)),
    "variance": lambda values: float(values.var()),
    "std": lambda values: float(values.std()),
}
"""Of the values of all rows, shape (rows,); beside `mean`, `count` and p0 to p100."""
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)$")


def metric_names(verdicts: Verdicts) -> list[str]:
    """Names that can be asked for; percentiles by the ones that are asked for most."""
    usual = ["mean", "count", *AGGREGATIONS, "p50", "p90", "p95", "p99"]
    return [f"{scorer}/{name}" for scorer in verdicts.scorers for name in usual]


def metric_of(verdicts: Verdicts, name: str, resampling: Resampling = DEFAULT) -> Estimate | None:
    """A metric with its interval, if it has one (means do); None for a name that means nothing.

    A mean counts each record once; other aggregations are of all rows that have a verdict.
    """
    scorer, _, aggregation = name.rpartition("/")
    if scorer not in verdicts.scorers:
        return None
    rows = verdicts.of(scorer)
    if aggregation == "mean":
        return mean_of(by_record(rows), kind_of([rows]), resampling)
    values = rows.filter(state=SCORED)["value"].to_numpy()
    percentile = _PERCENTILE.match(aggregation)
    if aggregation == "count":
        value = float(len(values))
    elif percentile is None and aggregation not in AGGREGATIONS:
        return None
    elif not len(values):
        return Estimate(None, None, "nothing to count", 0, resampling.level)
    elif percentile is not None:
        value = float(np.percentile(values, float(percentile[1])))
    else:
        value = AGGREGATIONS[aggregation](values)
    return Estimate(value, None, "no interval for this aggregation", len(values), resampling.level)


def metrics_of(
    verdicts: Verdicts, names: Iterable[str], resampling: Resampling = DEFAULT
) -> dict[str, Estimate]:
    """Those of the named metrics that mean something in this run."""
    found = ((name, metric_of(verdicts, name, resampling)) for name in names)
    return {name: metric for name, metric in found if metric is not None}
