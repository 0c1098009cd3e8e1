"""Head sampling: of what comes in, whole traces are left out before anything is made of them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.collector.sampling.randomness import (
    ALL,
    Bits,
    chances_of,
    randomness_of,
    speaks_of_sampling,
    threshold_of,
    weights_of,
)
from spanlake.config import ProbabilisticSampler
from spanlake.otlp.decoded import Decoded
from spanlake.semconv.arrays import whole

_Mask = npt.NDArray[np.bool_]


class Weighed(NamedTuple):
    """is_kept: for each span, None for all. weights: of those that are kept; null stands for 1."""

    is_kept: _Mask | None
    weights: pa.DoubleArray


class HeadSampler:
    """Decides by trace id alone, so that every collector decides alike, and so does a retry."""

    def __init__(self, settings: ProbabilisticSampler) -> None:
        self._overall = threshold_of(settings.sampling_percentage)
        self._by_experiment = {
            name: threshold_of(percentage) for name, percentage in settings.experiments.items()
        }
        self._least = min([self._overall, *self._by_experiment.values()])

    def thin_spans(self, decoded: Decoded) -> Decoded:
        """Without the spans that no experiment keeps: nothing is read of these."""
        if not self._least or not len(decoded.table):
            return decoded
        return _only(decoded, chances_of(decoded.table).randomness >= self._least)

    def weigh(self, spans: pa.Table) -> Weighed:
        """Which spans are kept, and for how many they stand. spans: as they are stored."""
        chances = chances_of(spans)
        wanted = self._thresholds(spans["experiment"])
        kept = chances.randomness >= wanted
        # Whoever sampled before did so by the same randomness: the rarer of both is both.
        passed = np.maximum(chances.passed, wanted)[kept]
        return Weighed(None if kept.all() else kept, _null_for_one(passed))

    def keeps_records(self, records: pa.Table) -> _Mask | None:
        """Which log records are kept, those of the traces that are; None for all."""
        if self._overall == 0 and not any(self._by_experiment.values()):
            return None
        ids = whole(records["trace_id"])
        of_traces = np.flatnonzero(ids.is_valid().to_numpy(zero_copy_only=False))
        wanted = self._thresholds(records["experiment"])[of_traces]
        kept = np.ones(len(records), bool)
        kept[of_traces] = randomness_of(ids.take(pa.array(of_traces))) >= wanted
        return kept

    def _thresholds(self, experiments: pa.ChunkedArray) -> Bits:
        """For each row the threshold of its experiment."""
        if not self._by_experiment:
            return np.full(len(experiments), self._overall, np.uint64)
        coded = whole(experiments).dictionary_encode()
        named = coded.dictionary.to_pylist()
        each = np.array([self._by_experiment.get(name, self._overall) for name in named], np.uint64)
        codes = pc.fill_null(coded.indices, 0).to_numpy(zero_copy_only=False)
        thresholds: Bits = each[codes]
        return thresholds


def upstream_weights(spans: pa.Table) -> pa.DoubleArray:
    """For how many traces each span stands by what its tracestate says; null for one."""
    if not speaks_of_sampling(whole(spans["trace_state"])):
        return pa.nulls(len(spans), pa.float64())
    return _null_for_one(chances_of(spans).passed)


def _null_for_one(thresholds: Bits) -> pa.DoubleArray:
    # What cannot have passed does not stand for infinitely many.
    passed = np.where(thresholds >= ALL, 0, thresholds).astype(np.uint64)
    return pa.array(weights_of(passed), mask=passed == 0)


def _only(decoded: Decoded, kept: _Mask) -> Decoded:
    if kept.all():
        return decoded
    return decoded._replace(
        table=decoded.table.filter(pa.array(kept)), requests=decoded.requests[kept]
    )
