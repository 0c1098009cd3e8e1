"""Where an engine puts what it has."""

from collections.abc import Iterable
from typing import Protocol

from spanlake.storage.runs.results import RunResult


class ResultSink(Protocol):
    """Keeps results and spans, such as a `RunStore`."""

    def add(self, results: Iterable[RunResult]) -> None:
        """Keep results that belong together."""

    def add_spans(self, request: bytes) -> None:
        """Keep the spans of an export request."""
