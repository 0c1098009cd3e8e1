"""Upkeep in a process of its own, which is killed at one step of it, or told that it failed.

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

from invariants import quiet

from spanlake.config import TailSampling
from spanlake.errors import SpanlakeError
from spanlake.storage.delete import delete_traces
from spanlake.storage.layout import Layout
from spanlake.storage.retention import Retention, retain
from spanlake.storage.upkeep import Upkeep

_STEPS = ("open", "fsync", "link", "rename", "unlink", "utime")
_TIMEOUT_SECONDS = 250


class Steps:
    """Counts the steps, and kills this process before the n-th, or after it for -n; 0 is never.

    error: an errno that the n-th step fails with in place of the kill.
    """

    def __init__(self, fatal: int, error: int | None = None) -> None:
        self._fatal = fatal
        self._error = error
        self.count = 0

    def counted(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, as a step."""

        def taken(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever it takes
            self.count += 1
            if self.count == self._fatal:
                if self._error is not None:
                    raise OSError(self._error, os.strerror(self._error))
                os.kill(os.getpid(), signal.SIGKILL)
            done = step(*args, **kwargs)
            if self.count == -self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return taken


def do_upkeep(data: Path, works: Sequence[str], doomed: str) -> None:
    """Do it, as if everything had been sealed and replaced long ago.

    works: of seal, compact, tidy, delete (of the trace `doomed`), retain and sample (of a half).
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
            case "sample":
                later = datetime.now(UTC) + timedelta(days=400)
                upkeep.sample(TailSampling(sampling_percentage=50.0), now=later)


def _child(  # noqa: PLR0913, PLR0917  # what a process is given
    data: Path,
    works: Sequence[str],
    doomed: str,
    fatal: int,
    error: int | None,
    count: Any,  # noqa: ANN401  # a shared integer
) -> None:
    steps = Steps(fatal, error)
    for name in _STEPS:
        setattr(os, name, steps.counted(getattr(os, name)))
    try:
        do_upkeep(data, works, doomed)
    except (OSError, SpanlakeError):
        if error is None:
            raise
    finally:
        count.value = steps.count


def upkeep_that_dies(
    data: Path, works: Sequence[str], *, fatal: int, doomed: str = ""
) -> int | None:
    """Do upkeep until it is killed; None then. How many steps there were if it was not."""
    exit_code, steps = _run(data, works, doomed, fatal, None)
    assert exit_code in {0, -signal.SIGKILL}, exit_code
    return steps if exit_code == 0 else None


def upkeep_that_fails(
    data: Path, works: Sequence[str], *, at: int, error: int, doomed: str = ""
) -> int:
    """Do upkeep whose n-th step fails; how many steps there were. It may say so, and no more."""
    exit_code, steps = _run(data, works, doomed, at, error)
    assert exit_code == 0, exit_code
    return steps


def _run(
    data: Path, works: Sequence[str], doomed: str, fatal: int, error: int | None
) -> tuple[int | None, int]:
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["dying"])
    count = processes.Value("i", 0)
    child = processes.Process(target=_child, args=(data, works, doomed, fatal, error, count))
    child.start()
    child.join(_TIMEOUT_SECONDS)
    return child.exitcode, int(count.value)
