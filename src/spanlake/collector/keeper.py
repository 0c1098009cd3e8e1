"""Upkeep beside the collector: a thread that seals what has been committed, and cleans up."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from spanlake import log
from spanlake.collector.allocator import return_freed_memory
from spanlake.collector.clock_guard import ClockGuard
from spanlake.config import TailSampling
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.retention import Retained, Retention, retain
from spanlake.storage.sampling.tail import Sampled
from spanlake.storage.schema import TABLES
from spanlake.storage.upkeep import Upkeep

_log = log.get(__name__)
_LOOK_SECONDS = 1.0
_TIDY_SECONDS = 60.0
_SUM_UP_SECONDS = 30.0
_RETAIN_SECONDS = 600.0
# Traces are judged a while after they have settled; each time costs a look at all ids.
_SAMPLE_SECONDS = 600.0
_STOP_SECONDS = 30.0
# What is waited for no longer than this number of hot files, or bytes of them.
_MOST_FILES = 200
_MOST_BYTES = 32 << 20
# Who sends comes first.
_NICENESS = 5


class Keeper:
    """seal_interval: seconds that committed rows stay hot at least; many files end it earlier.

    retention: what may stay; None is everything. retained: told what has gone. sampling: what stays
    of whole traces; None is all of them. sampled: told what has been decided.
    """

    def __init__(  # noqa: PLR0913  # each of its duties has what it is told and whom it tells
        self,
        layout: Layout,
        writers: Mapping[str, HotWriter],
        *,
        seal_interval: float,
        retention: Retention | None = None,
        retained: Callable[[Retained], None] = lambda _: None,
        sampling: TailSampling | None = None,
        sampled: Callable[[Sampled], None] = lambda _: None,
    ) -> None:
        self._layout = layout
        self._retention = retention
        self._retained = retained
        self._sampling = sampling
        self._sampled = sampled
        self._interval = seal_interval
        self._upkeep = Upkeep(layout, writers)
        age = retention.max_age if retention is not None else None
        self._clock = None if age is None else ClockGuard(layout, max_age=age)
        self._doubt = ""
        self._look = max(_LOOK_SECONDS, min(layout.store.look_seconds, seal_interval))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._sealed_at: dict[str, float] = dict.fromkeys(TABLES, time.monotonic())
        self._tidied_at = self._summed_up_at = time.monotonic()
        # At once, then now and again.
        self._retained_at = self._sampled_at = time.monotonic() - _RETAIN_SECONDS
        self._failed: set[str] = set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is hot stays so."""
        self._stopping.set()
        if self._thread.is_alive():
            self._upkeep.interrupt()
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        with suppress(OSError):  # of this thread alone, where the system can
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        self._try("upkeep", lambda _: self._upkeep.prepare())
        while not self._stopping.wait(self._look):
            self._seal_what_is_due()
            if time.monotonic() - self._summed_up_at >= _SUM_UP_SECONDS:
                self._sum_up()
            self._sample_when_due()
            if time.monotonic() - self._tidied_at >= _TIDY_SECONDS:
                self._tidy()

    def _seal_what_is_due(self) -> None:
        for table in TABLES:
            if not self._stopping.is_set():
                self._try(table, self._seal)

    def _sum_up(self) -> None:
        self._try("summaries", lambda _: self._upkeep.sum_up())
        self._summed_up_at = time.monotonic()

    def _tidy(self) -> None:
        self._tidied_at = time.monotonic()
        for table in TABLES:
            self._try(table, self._upkeep.tidy)
        is_due = time.monotonic() - self._retained_at >= _RETAIN_SECONDS
        if self._retention is not None and is_due and not self._stopping.is_set():
            self._try("retention", self._retain)
            self._retained_at = time.monotonic()
        # What it took to seal and to sum up.
        return_freed_memory()

    def _sample_when_due(self) -> None:
        policy = self._sampling
        if policy is None or self._stopping.is_set():
            return
        if time.monotonic() - self._sampled_at >= min(_SAMPLE_SECONDS, policy.decision_wait):
            self._try("sampling", lambda _: self._sample(policy))
            self._sampled_at = time.monotonic()

    def _sample(self, policy: TailSampling) -> None:
        done = self._upkeep.sample(policy, now=datetime.now(UTC))
        if done.decisions:
            removed = done.removed
            _log.info(
                "storage.sampled",
                traces=sum(done.decisions.values()),
                spans_removed=removed.spans,
                log_records_removed=removed.logs,
            )
            self._sampled(done)

    def _retain(self, _: str) -> None:
        policy = self._retention or Retention()
        if self._clock is not None and (doubt := self._clock.doubt()):
            if doubt != self._doubt:
                _log.error("storage.clock_doubted", reason=doubt)
            policy = replace(policy, max_age=None)
            self._doubt = doubt
        done = retain(self._layout, policy, now=datetime.now(UTC), progress=lambda *_: None)
        if done.days:
            _log.info(
                "storage.retained", days=len(done.days), freed_bytes=done.freed_bytes, **done.rows
            )
            self._retained(done)

    def _seal(self, table: str) -> None:
        if not self._is_due(table):
            return
        self._sealed_at[table] = time.monotonic()
        done = self._upkeep.run(table)
        if done.sealed.files or done.compacted.before:
            _log.debug(
                "storage.sealed",
                table=table,
                files=done.sealed.files,
                rows=done.sealed.rows,
                merged=done.compacted.before,
            )

    def _try(self, table: str, work: Callable[[str], object]) -> None:
        """Whatever fails is said once until it goes well again: what is hot is safe where it is."""
        try:
            work(table)
        except BaseException as error:  # noqa: BLE001  # a panic of Rust is no Exception, and data goes on
            if table not in self._failed and not self._stopping.is_set():
                _log.error("storage.upkeep_failed", table=table, reason=str(error))
            self._failed.add(table)
        else:
            self._failed.discard(table)

    def _is_due(self, table: str) -> bool:
        if time.monotonic() - self._sealed_at[table] >= self._interval:
            return True
        sizes = [file.stat().st_size for file in self._upkeep.unsealed(table)]
        return len(sizes) >= _MOST_FILES or sum(sizes) >= _MOST_BYTES
