"""A thread beside the collector that sends on what has been committed, from its files.

Nothing waits for it: data is acknowledged when it is in the lake, and a backend that is slow or
away only lets files wait. Each is sent until the backend has taken it, so that a crash repeats
some and loses none.
"""

import os
import random
import threading
from contextlib import suppress
from typing import Protocol

import pyarrow as pa

from spanlake import log
from spanlake.collector.forwarding.backend import Backend, LaterError, RefusedError
from spanlake.config import Forwarding
from spanlake.entities import Signal
from spanlake.storage.outgoing import Outgoing, OutgoingQueue, count_of, requests_of, rows_of
from spanlake.storage.schema import TABLE_OF

_log = log.get(__name__)
_LOOK_SECONDS = 0.5
_STOP_SECONDS = 15.0
# Below the four mebibytes that gRPC servers take unless they are told otherwise.
_MOST_BYTES = 3 << 20
_NICENESS = 10
_SIGNAL_OF = {table: signal for signal, table in TABLE_OF.items()}


class ForwardingObserver(Protocol):
    """Told what became of items that were to be forwarded; see `metrics`."""

    def forwarded(self, exporter: str, signal: Signal, items: int) -> None:
        """A backend has taken items."""

    def not_forwarded(self, exporter: str, signal: Signal, items: int, reason: str) -> None:
        """Items will not be sent: refused, rejected, overflow or damaged."""

    def forwarding_failed(self, exporter: str) -> None:
        """A backend did not take a request this time."""

    def forwarding_queue(self, exporter: str, size: int) -> None:
        """So many bytes of files wait."""


class Forwarder:
    """Sends the commits of one writer to one backend. exporter: its name in the configuration."""

    def __init__(
        self,
        exporter: str,
        backend: Backend,
        queue: OutgoingQueue,
        settings: Forwarding,
        observer: ForwardingObserver,
    ) -> None:
        self._exporter = exporter
        self._backend = backend
        self._queue = queue
        self._retry = settings.retry_on_failure
        self._most = settings.sending_queue.size_mib << 20
        self._observer = observer
        self._stopping = threading.Event()
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name=f"forward-{exporter}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request that is on its way; what has been committed waits for a start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
        with suppress(OSError):
            self._queue.take_in()
        self._backend.close()

    def _run(self) -> None:
        with suppress(OSError):  # of this thread alone, where the system can
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while not self._stopping.is_set():
            try:
                outgoing = self._next()
                if outgoing is not None:
                    self._forward(outgoing)
                    continue
            except OSError as error:
                _log.error("forwarding.failed", exporter=self._exporter, reason=str(error))
            self._stopping.wait(_LOOK_SECONDS)

    def _next(self) -> Outgoing | None:
        """The oldest commit that waits; the queue is then no larger than it may be."""
        self._queue.take_in()
        waiting = self._queue.waiting()
        size = sum(each.size for each in waiting)
        # The oldest may be on its way just now; those behind it have waited longest.
        while size > self._most and len(waiting) > 1:
            next_oldest = waiting.pop(1)
            size -= next_oldest.size
            self._give_up(next_oldest, "overflow")
        self._observer.forwarding_queue(self._exporter, size)
        return waiting[0] if waiting else None

    def _forward(self, outgoing: Outgoing) -> None:
        signal = _SIGNAL_OF[outgoing.table]
        try:
            for payload, items in requests_of(outgoing, rows_of(outgoing), _MOST_BYTES):
                if not self._deliver(signal, payload, items):
                    return
        except FileNotFoundError:
            return  # it was given up meanwhile
        except Exception as error:  # noqa: BLE001  # whatever is in a file, others go on
            _log.error("forwarding.failed", exporter=self._exporter, reason=str(error))
            self._give_up(outgoing, "damaged")
        else:
            self._queue.done(outgoing)

    def _deliver(self, signal: Signal, payload: bytes, items: int) -> bool:
        """Send until the backend has taken or refused a request; False when it is time to stop."""
        wait = self._retry.initial_interval
        while not self._stopping.is_set():
            try:
                rejected = self._sent(signal, payload)
            except RefusedError as error:
                self._observer.not_forwarded(self._exporter, signal, items, "refused")
                _log.error("forwarding.refused", exporter=self._exporter, reason=str(error))
                return True
            except LaterError as error:
                self._note_failure(error.reason)
                pause = wait if error.wait is None else error.wait
                self._stopping.wait(pause * random.uniform(0.75, 1.25))  # noqa: S311  # no secret
                wait = min(wait * 2, self._retry.max_interval)
                self._hold()
            else:
                self._is_failing = False
                self._observer.forwarded(self._exporter, signal, items - rejected)
                if rejected:
                    self._observer.not_forwarded(self._exporter, signal, rejected, "rejected")
                return True
        return False

    def _sent(self, signal: Signal, payload: bytes) -> int:
        try:
            return self._backend.send(signal, payload)
        except (RefusedError, LaterError):
            raise
        except Exception as error:
            # A header that cannot be sent, say: for people to correct, not for data to be lost.
            raise LaterError(f"{type(error).__name__}: {error}") from error

    def _hold(self) -> None:
        """While a backend is away, go on holding what is committed."""
        with suppress(OSError):
            self._next()

    def _note_failure(self, reason: str) -> None:
        """Whatever fails is said once until it goes well again."""
        self._observer.forwarding_failed(self._exporter)
        if not self._is_failing:
            _log.warning("forwarding.waits", exporter=self._exporter, reason=reason)
        self._is_failing = True

    def _give_up(self, outgoing: Outgoing, reason: str) -> None:
        signal = _SIGNAL_OF[outgoing.table]
        items = 0
        with suppress(OSError, pa.ArrowException):
            items = count_of(outgoing)
        self._observer.not_forwarded(self._exporter, signal, items, reason)
        _log.error("forwarding.dropped", exporter=self._exporter, items=items, reason=reason)
        self._queue.done(outgoing)
