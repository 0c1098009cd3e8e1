"""The mean of a scorer in one run, with the interval that fits its values."""

from spanlake.evaluation.statistics.bootstrap import bootstrap_estimate
from spanlake.evaluation.statistics.estimate import Estimate, Kind
from spanlake.evaluation.statistics.proportions import wilson, wilson_interval
from spanlake.evaluation.statistics.records import Records
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling


def mean_of(records: Records, kind: Kind, resampling: Resampling = DEFAULT) -> Estimate:
    """The mean over records, each counting once however often it was repeated.

    Pass rates of independent records get Wilson's interval, anything else is resampled by unit.
    Where every unit of a pass rate is alike: Wilson's interval of as many verdicts as units.
    """
    level = resampling.level
    if kind is Kind.BINARY and records.is_simple:
        return wilson(round(float(records.value.sum())), len(records.value), level)
    estimate = bootstrap_estimate(records.sums(), resampling=resampling)
    if kind is Kind.BINARY and estimate.value is not None and estimate.interval is None:
        interval = wilson_interval(estimate.value, records.units, level)
        return Estimate(estimate.value, interval, "Wilson, by unit", records.units, level)
    return estimate
