"""The processors `probabilistic_sampler` and `tail_sampling`: of which traces a part is kept.

Their names and keys are those of the OpenTelemetry Collector, where it has them.
"""

from typing import Annotated

from pydantic import Field

from spanlake.config.section import Section
from spanlake.config.values import PositiveSeconds, Seconds

Percentage = Annotated[float, Field(ge=0, le=100)]
_Name = Annotated[str, Field(min_length=1)]


class ProbabilisticSampler(Section):
    """How much is stored of what comes in, decided by trace id; see docs/sampling.md.

    sampling_percentage: of traces. experiments: by experiment, what counts instead.
    """

    sampling_percentage: Percentage = 100.0
    experiments: dict[_Name, Percentage] = Field(default_factory=dict)


class KeptTraces(Section):
    """Which traces are kept whatever the percentage: those of which any of this is true.

    errors: a span failed. slower_than: seconds, dearer_than: USD; 0 asks nothing. assessed: by
    anybody or anything. scored_below: by name of an assessment, one had a lower value. failed:
    names of assessments, one of which said false, no or fail.
    """

    errors: bool = True
    slower_than: Seconds = 0.0
    dearer_than: Annotated[float, Field(ge=0)] = 0.0
    assessed: bool = False
    scored_below: dict[_Name, float] = Field(default_factory=dict)
    failed: tuple[_Name, ...] = ()


class TailSampling(Section):
    """How much stays stored, decided once a trace is whole.

    decision_wait: seconds without anything new of a trace, after which it is judged. keep: what
    stays. sampling_percentage: of all other traces.
    """

    decision_wait: PositiveSeconds = 3600.0
    keep: KeptTraces = KeptTraces()
    sampling_percentage: Percentage = 100.0
