"""What an exporter's requests met, written down by its transport where they are answered."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

MAX_REASON = 300
"""Characters of a reason at most."""

_Exported_contra = TypeVar("_Exported_contra", contravariant=True)


class Exporter(Protocol[_Exported_contra]):
    """What the SDK's span and log exporters have in common."""

    def export(self, batch: Sequence[_Exported_contra], /) -> Any:  # noqa: ANN401  # an enumeration each
        """Send a batch; a result with the name SUCCESS or FAILURE."""
        ...

    def shutdown(self) -> None:
        """Stop, also a delivery under way."""
        ...


class Attempt(NamedTuple):
    """What the last request to the collector met.

    nobody: no connection came about. rejected: items refused by an answer that is a success else.
    """

    may_retry: bool
    reason: str
    nobody: bool = False
    rejected: int = 0


class Attempts:
    """Where an exporter's transport writes down each attempt; read by the outbox' thread."""

    def __init__(self) -> None:
        self.last: Attempt | None = None


def rejected(response: Any) -> tuple[int, str]:  # noqa: ANN401  # one of two messages
    """How many items a collector's answer refuses, and why."""
    partial = response.partial_success
    count = getattr(partial, "rejected_spans", 0) or getattr(partial, "rejected_log_records", 0)
    return count, partial.error_message
