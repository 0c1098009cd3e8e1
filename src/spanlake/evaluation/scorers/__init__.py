"""Scorers: what judges a dataset record, a trace or a session, before and after release."""

from spanlake.evaluation.scorers.aggregate import Aggregation, Metric, aggregate
from spanlake.evaluation.scorers.decorator import scorer
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.run import score_one
from spanlake.evaluation.scorers.sample import Sample
from spanlake.evaluation.scorers.scorer import Scorer

__all__ = [
    "Aggregation",
    "Metric",
    "Sample",
    "Scorer",
    "ScorerError",
    "aggregate",
    "score_one",
    "scorer",
]
