"""OpenTelemetry's OTLP exporters, made to say what came of every batch.

An exporter tells success from failure, and the rest only to its log: one line an attempt. Here
answers are read where they come in, and those lines are kept to ourselves while we deliver.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value

from spanlake.instrumentation.attempts import MAX_REASON, Attempts, Exporter
from spanlake.instrumentation.outbox import Answer

_EXPORTERS_LOG = "opentelemetry.exporter"

Item = TypeVar("Item")


class OtlpCourier(Generic[Item]):
    """Delivers through an exporter.

    prepare: makes of each item what is sent of it.
    """

    def __init__(
        self,
        exporter: Exporter[Item],
        attempts: Attempts,
        destination: str,
        prepare: Callable[[Item], Item] | None,
    ) -> None:
        self.destination = destination
        self._exporter = exporter
        self._attempts = attempts
        self._prepare = prepare
        _silence_exporters()

    @property
    def trouble(self) -> str:
        """Why the last attempt failed; empty if it did not."""
        last = self._attempts.last
        return "" if last is None else last.reason

    @property
    def is_unreachable(self) -> bool:
        """Whether the last attempt found nobody."""
        last = self._attempts.last
        return last is not None and last.nobody

    def deliver(self, batch: Sequence[Item]) -> Answer:
        """Export a batch, and tell what came of it."""
        self._attempts.last = None
        _delivering.now = True
        token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, value=True))
        try:
            sent = batch if self._prepare is None else [self._prepare(item) for item in batch]
            result = self._exporter.export(sent)
        except Exception as error:  # noqa: BLE001  # what cannot be encoded must not end the thread
            return Answer(delivered=False, reason=f"{type(error).__name__}: {error}"[:MAX_REASON])
        finally:
            detach(token)
            _delivering.now = False
        last = self._attempts.last
        if result.name == "SUCCESS":
            rejected = min(last.rejected, len(batch)) if last else 0
            return Answer(delivered=True, rejected=rejected, reason=last.reason if last else "")
        if last is None:
            return Answer(delivered=False, reason="it could not be encoded")
        return Answer(delivered=False, may_retry=last.may_retry, reason=last.reason)

    def close(self) -> None:
        """Stop what is under way."""
        _delivering.now = True
        try:
            self._exporter.shutdown()
        finally:
            _delivering.now = False


_delivering = threading.local()


class _KeptToOurselves(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  # as it is called
        return not getattr(_delivering, "now", False)


_QUIET = _KeptToOurselves()


def _silence_exporters() -> None:
    """Keep the exporters' lines back in our own threads; other pipelines of the app log on."""
    for name in [
        name for name in logging.root.manager.loggerDict if name.startswith(_EXPORTERS_LOG)
    ]:
        logging.getLogger(name).addFilter(_QUIET)
