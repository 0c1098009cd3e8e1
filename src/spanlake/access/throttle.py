"""Tries that fail make the next one wait, so that nobody guesses a password."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from spanlake.errors import QuotaError

_FIRST_SECONDS = 2.0
_LONGEST_SECONDS = 300.0
_MOST_SUBJECTS = 10_000


@dataclass(slots=True)
class _Tries:
    failed: int = 0
    until: float = 0.0


class Throttle:
    """Counts failed tries by subject, such as a name or an address.

    free_tries: how many may fail before the next has to wait. clock: seconds.
    """

    def __init__(self, free_tries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._free_tries = free_tries
        self._clock = clock
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def check(self, *subjects: str) -> None:
        """Raise QuotaError while one of the subjects has to wait."""
        now = self._clock()
        left = max(
            (self._tries[each].until - now for each in subjects if each in self._tries), default=0
        )
        if left > 0:
            raise QuotaError(
                f"too many tries have failed: try again in {math.ceil(left)} s", retry_after=left
            )

    def failed(self, *subjects: str) -> None:
        """Count a try that failed; after some, each one doubles the wait."""
        for subject in subjects:
            tries = self._tries.setdefault(subject, _Tries())
            self._tries.move_to_end(subject)
            tries.failed += 1
            over = tries.failed - self._free_tries
            if over >= 0:
                wait = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(over, 20))
                tries.until = self._clock() + wait
        while len(self._tries) > _MOST_SUBJECTS:
            self._tries.popitem(last=False)

    def succeeded(self, *subjects: str) -> None:
        """Forget the tries of a subject."""
        for subject in subjects:
            self._tries.pop(subject, None)
