"""A queue in front of a collector: the app never waits for it, and no loss goes uncounted."""

import logging
import os
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Generic, NamedTuple, Protocol, TypeVar

from spanlake.instrumentation.report import FlushReport

_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between attempts while nobody answers
# A collector that cannot be reached when the program ends is not waited for any longer than this.
_PATIENCE_AT_EXIT = 2.0
_TICK = 0.05

Item = TypeVar("Item")
_Carried_contra = TypeVar("_Carried_contra", contravariant=True)


class Answer(NamedTuple):
    """What came of a batch.

    delivered: the collector has it. may_retry: the same batch may be delivered later. rejected: how
    many of its items the collector refused all the same. reason: of what was not delivered.
    """

    delivered: bool
    may_retry: bool = False
    rejected: int = 0
    reason: str = ""


class Courier(Protocol[_Carried_contra]):
    """Carries a batch to the collector, and waits for the answer."""

    destination: str

    @property
    def trouble(self) -> str:
        """Why the last attempt failed, also of a delivery under way; empty if it did not."""
        ...

    @property
    def is_unreachable(self) -> bool:
        """Whether that attempt found nobody."""
        ...

    def deliver(self, batch: Sequence[_Carried_contra]) -> Answer:
        """Try for a limited time. Never raises."""
        ...

    def close(self) -> None:
        """Give up what is under way."""
        ...


class Limits(NamedTuple):
    """Items at most in the queue and in a batch; seconds between two batches."""

    queue: int
    batch: int
    delay: float


class Outbox(Generic[Item]):
    """Holds items until a thread of its own has delivered them.

    hire: makes the courier; again in a forked child, which shares no socket with its parent.
    kind: what the items are called in the log.
    """

    def __init__(self, kind: str, hire: Callable[[], Courier[Item]], limits: Limits) -> None:
        self._kind = kind
        self._hire = hire
        self._limits = limits
        self._start()
        restart = weakref.WeakMethod(self._restart)

        def in_child() -> None:
            if (alive := restart()) is not None:
                alive()

        os.register_at_fork(after_in_child=in_child)

    def _restart(self) -> None:
        """What is queued is the parent's to deliver, and counted there."""
        if not self._closed:
            self._start()

    def _start(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[Item] = deque()
        self._sent = self._taken = 0
        self._dropped: Counter[str] = Counter()
        self._failure, self._failures = "", 0
        self._is_full = False
        self._urgent = False
        self._closed = False
        self._batch = self._limits.batch
        self._courier = self._hire()
        self._thread = threading.Thread(
            target=self._work, name=f"spanlake-{self._kind}", daemon=True
        )
        self._thread.start()

    def put(self, item: Item) -> None:
        """Take an item; when the queue is full or closed it is counted as dropped. Never waits."""
        with self._changed:
            if self._closed:
                self._dropped["made after the end of the program had begun"] += 1
                return
            if len(self._queue) < self._limits.queue:
                self._queue.append(item)
                if len(self._queue) == self._limits.batch:
                    self._changed.notify_all()
                return
            self._dropped["the queue was full"] += 1
            is_first, self._is_full = not self._is_full, True
        if is_first:
            _log.warning(
                "the queue of %d %s for %s is full: new ones are dropped, and counted by "
                "spanlake.flush()",
                self._limits.queue,
                self._kind,
                self._courier.destination,
            )

    def flush(self, timeout: float) -> FlushReport:
        """Deliver what is held now, and report; at the latest after these seconds or a failure."""
        with self._changed:
            goal, failures = self._taken + len(self._queue), self._failures
            if self._queue and not self._closed:
                self._urgent = True
                self._changed.notify_all()
                self._changed.wait_for(
                    lambda: self._taken >= goal or self._closed or self._failures > failures,
                    timeout,
                )
            reasons = dict(self._dropped)
            if self._queue and (why := self._failure or self._courier.trouble):
                reasons.setdefault(why, 0)
            dropped = self._dropped.total()
            return FlushReport(self._sent, len(self._queue), dropped, reasons)

    def close(self, timeout: float) -> None:
        """Deliver what is held, for at most these seconds; what is left is dropped, and logged."""
        with self._changed:
            if self._closed:
                return
            self._urgent = True
            self._changed.notify_all()
        began = time.monotonic()
        while (spent := time.monotonic() - began) < timeout and self._thread.is_alive():
            if spent > _PATIENCE_AT_EXIT and self._courier.is_unreachable:
                break
            with self._changed:
                if not self._queue:
                    break
                self._changed.wait(_TICK)
        with self._changed:
            self._closed = True
            left = len(self._queue)
            if left:
                self._dropped[f"not delivered before the program ended ({self._why()})"] += left
            self._queue.clear()
            self._changed.notify_all()
        self._courier.close()
        if left:
            _log.warning(
                "%d %s were not delivered to %s before the program ended: %s",
                left,
                self._kind,
                self._courier.destination,
                self._why(),
            )

    def _why(self) -> str:
        return self._failure or self._courier.trouble or "there was no time left"

    def _work(self) -> None:
        pause, failures = self._limits.delay, 0
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._is_due, failing=failures > 0), pause)
                if self._closed:
                    return
            if self._empty():
                pause, failures = self._limits.delay, 0
            else:
                pause = min(_FIRST_PAUSE * 2**failures, _LONGEST_PAUSE)
                failures += 1

    def _is_due(self, *, failing: bool) -> bool:
        """Whether to deliver before the pause is over: a full batch is no reason while it fails."""
        full = not failing and len(self._queue) >= self._limits.batch
        return self._closed or (self._urgent and bool(self._queue)) or full

    def _empty(self) -> bool:
        """Deliver until the queue is empty; False when nobody takes anything."""
        while True:
            with self._changed:
                # Items stay in the queue until they are settled, so that none is ever uncounted.
                batch = list(islice(self._queue, self._batch))
                if not batch or self._closed:
                    self._urgent = False
                    return True
            answer = self._courier.deliver(batch)
            if self._closed:
                return True
            if answer.delivered:
                self._settle(len(batch), answer)
            elif answer.may_retry:
                self._fail(answer.reason)
                return False
            elif len(batch) > 1:
                # One item may spoil the whole batch: find it.
                self._batch = len(batch) // 2
            else:
                self._settle(1, answer)

    def _settle(self, count: int, answer: Answer) -> None:
        """Take a batch out of the queue: delivered, or refused for good."""
        lost = answer.rejected if answer.delivered else count
        with self._changed:
            recovered, self._failure = bool(self._failure), ""
            for _ in range(min(count, len(self._queue))):
                self._queue.popleft()
                self._taken += 1
            self._sent += count - lost
            is_first = lost and not self._dropped[answer.reason]
            if lost:
                self._dropped[answer.reason] += lost
            else:
                self._batch = min(self._batch * 2, self._limits.batch)
            self._is_full = False
            self._changed.notify_all()
        if recovered:
            _log.warning("%s are delivered to %s again", self._kind, self._courier.destination)
        if is_first:
            _log.warning(
                "%s refused %s for good: %s", self._courier.destination, self._kind, answer.reason
            )

    def _fail(self, reason: str) -> None:
        with self._changed:
            is_first, self._failure = not self._failure, reason
            self._failures += 1
            self._urgent = False
            self._changed.notify_all()
        if is_first:
            _log.warning(
                "cannot deliver %s to %s: %s; up to %d are kept and tried again",
                self._kind,
                self._courier.destination,
                reason,
                self._limits.queue,
            )
