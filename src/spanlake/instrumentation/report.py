"""What became of the telemetry of this process."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FlushReport:
    """Counts of spans and log records since `init`.

    sent: acknowledged by the collector. queued: still held by this process. dropped: lost for good.
    reasons: why, with how many were dropped for it; what keeps those queued back is there with 0.
    """

    sent: int = 0
    queued: int = 0
    dropped: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether everything has arrived."""
        return self.queued == 0 and self.dropped == 0

    def __add__(self, other: "FlushReport") -> "FlushReport":
        reasons = dict(self.reasons)
        for reason, count in other.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + count
        return FlushReport(
            self.sent + other.sent,
            self.queued + other.queued,
            self.dropped + other.dropped,
            reasons,
        )
