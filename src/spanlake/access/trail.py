"""Refused attempts on their way into the audit log, so few that nobody can flood it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from spanlake.entities.access import AuditEvent

_SILENT_SECONDS = 60.0
_MOST_KINDS = 1000


@dataclass(slots=True)
class _Repeated:
    event: AuditEvent
    count: int
    told_at: float


class Trail:
    """Attempts of one kind, which are alike in all they say, are told once a minute, counted.

    For any threads. clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[tuple[object, ...], _Repeated] = {}

    def refused(self, event: AuditEvent) -> None:
        """Note an attempt. Takes no time."""
        actor = event.actor
        kind = (actor.kind, actor.principal_id, actor.source, event.action, event.target)
        with self._lock:
            known = self._kinds.get(kind)
            if known is not None:
                known.count += 1
            elif len(self._kinds) < _MOST_KINDS:
                self._kinds[kind] = _Repeated(event, 1, -_SILENT_SECONDS + self._clock())

    def due(self) -> list[AuditEvent]:
        """What is to be written now; it is counted anew."""
        now = self._clock()
        events = []
        with self._lock:
            for kind, each in list(self._kinds.items()):
                if now < each.told_at + _SILENT_SECONDS:
                    continue
                if each.count:
                    details = {**(each.event.details or {}), "count": each.count}
                    events.append(replace(each.event, details=details))
                    each.count, each.told_at = 0, now
                else:
                    del self._kinds[kind]
        return events
