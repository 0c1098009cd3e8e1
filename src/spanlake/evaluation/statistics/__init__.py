"""Honest statistics of evaluation runs and judges: values in, values out, no files.

`compare` and `gate` take verdicts in the columns of the view `assessments`; `calibrate`,
`rater_agreement` and `corrected_pass_rate` hold a judge against people. What each number means, and
when not to trust it: docs/statistics.md.
"""

from spanlake.evaluation.statistics.agreement.calibration import (
    Agreement,
    Calibration,
    Canaries,
    Rates,
    SliceAgreement,
    WindowAgreement,
    calibrate,
)
from spanlake.evaluation.statistics.agreement.pass_rate import CorrectedRate, corrected_pass_rate
from spanlake.evaluation.statistics.agreement.raters import RaterAgreement, rater_agreement
from spanlake.evaluation.statistics.check import Check, GatePolicy
from spanlake.evaluation.statistics.compare import Run, compare
from spanlake.evaluation.statistics.comparison import (
    Change,
    Comparison,
    RunComparison,
    ScorerComparison,
    SliceComparison,
)
from spanlake.evaluation.statistics.criteria import Criterion, parse_criteria
from spanlake.evaluation.statistics.difference import Difference
from spanlake.evaluation.statistics.estimate import Estimate, Interval, Kind
from spanlake.evaluation.statistics.flips import FlippedRow
from spanlake.evaluation.statistics.gate import GateResult, check_criteria, gate
from spanlake.evaluation.statistics.metrics import metric_of, metrics_of
from spanlake.evaluation.statistics.power import (
    mcnemar_minimum_difference,
    mcnemar_power,
    mcnemar_records_needed,
    minimum_detectable_effect,
    records_needed,
)
from spanlake.evaluation.statistics.resampling import Resampling
from spanlake.evaluation.statistics.scorer_spec import ScorerSpec
from spanlake.evaluation.statistics.verdicts import Coverage, Verdicts, read_verdicts
from spanlake.evaluation.statistics.wording import remarks, sentence

__all__ = [
    "Agreement",
    "Calibration",
    "Canaries",
    "Change",
    "Check",
    "Comparison",
    "CorrectedRate",
    "Coverage",
    "Criterion",
    "Difference",
    "Estimate",
    "FlippedRow",
    "GatePolicy",
    "GateResult",
    "Interval",
    "Kind",
    "RaterAgreement",
    "Rates",
    "Resampling",
    "Run",
    "RunComparison",
    "ScorerComparison",
    "ScorerSpec",
    "SliceAgreement",
    "SliceComparison",
    "Verdicts",
    "WindowAgreement",
    "calibrate",
    "check_criteria",
    "compare",
    "corrected_pass_rate",
    "gate",
    "mcnemar_minimum_difference",
    "mcnemar_power",
    "mcnemar_records_needed",
    "metric_of",
    "metrics_of",
    "minimum_detectable_effect",
    "parse_criteria",
    "rater_agreement",
    "read_verdicts",
    "records_needed",
    "remarks",
    "sentence",
]
