"""Upkeep in a process of its own, which is killed at one step of it.

A step is a call by which something of ours on the disk changes or becomes durable. What DuckDB and
delta-rs write is not yet of any table before one of them.
"""

import os
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from spanlake.storage.delete import delete_traces
from spanlake.storage.layout import Layout
from spanlake.storage.retention import Retention, retain
from spanlake.storage.upkeep import Upkeep

_STEPS = ("open", "fsync", "link", "rename", "unlink", "utime")
_TIMEOUT_SECONDS = 50


class Steps:
    """Counts the steps, and kills this process before the n-th, or after it for -n; 0 is never."""

    def __init__(self, fatal: int) -> None:
        self._fatal = fatal
        self.count = 0

    def counted(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, as a step."""

        def taken(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever it takes
            self.count += 1
            if self.count == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            done = step(*args, **kwargs)
            if self.count == -self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return taken


def quiet(done: int, total: int) -> None:
    """Show nobody how far it is."""


def do_upkeep(data: Path, works: Sequence[str], doomed: str) -> None:
    """Do it, as if everything had been sealed and replaced long ago.

    works: of seal, compact, tidy, delete (of the trace `doomed`) and retain.
    """
    layout = Layout(data)
    upkeep = Upkeep(layout)
    for name in works:
        match name:
            case "seal":
                upkeep.run("spans", fanout=1 << 30)
            case "compact":
                upkeep.run("spans", fanout=2)
            case "tidy":
                upkeep.tidy("spans", hot_grace=-1.0, sealed_grace_hours=0)
            case "delete":
                delete_traces(layout, [doomed], progress=quiet)
            case "retain":
                later = datetime.now(UTC) + timedelta(days=400)
                retain(layout, Retention(max_age=timedelta(days=1)), now=later, progress=quiet)


def _child(data: Path, works: Sequence[str], doomed: str, fatal: int, count: Any) -> None:  # noqa: ANN401  # a shared integer
    steps = Steps(fatal)
    for name in _STEPS:
        setattr(os, name, steps.counted(getattr(os, name)))
    do_upkeep(data, works, doomed)
    count.value = steps.count


def upkeep_that_dies(
    data: Path, works: Sequence[str], *, fatal: int, doomed: str = ""
) -> int | None:
    """Do upkeep until it is killed; None then. How many steps there were if it was not."""
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["dying"])
    count = processes.Value("i", 0)
    child = processes.Process(target=_child, args=(data, works, doomed, fatal, count))
    child.start()
    child.join(_TIMEOUT_SECONDS)
    assert child.exitcode in {0, -signal.SIGKILL}, child.exitcode
    return int(count.value) if child.exitcode == 0 else None
