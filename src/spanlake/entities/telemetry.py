"""What OTLP carries, and what a request for it is told."""

from dataclasses import dataclass
from enum import StrEnum


class Signal(StrEnum):
    """The three kinds of telemetry OTLP carries; the value is its path under `/v1/`."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the items (spans, log records or data points) of one accepted request.

    accepted, rejected: counts of items. reason: why the first rejected ones were, else "".
    duplicate: the request had been stored before, and was not stored again.
    """

    accepted: int
    rejected: int = 0
    reason: str = ""
    duplicate: bool = False
