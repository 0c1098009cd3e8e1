"""Upkeep in a process of its own, which is killed at one step of it, or told that it failed.

A step is a call by which something of ours on the disk changes or becomes durable. What DuckDB and
delta-rs write is not yet of any table before one of them. Its point is where in the code it is
made, with all callers; one point makes many steps when there are many files.
"""

import inspect
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
        self.points: list[str] = []

    def counted(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, as a step."""

        def taken(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever it takes
            self.points.append(_point(step.__name__))
            if len(self.points) == self._fatal:
                if self._error is not None:
                    raise OSError(self._error, os.strerror(self._error))
                os.kill(os.getpid(), signal.SIGKILL)
            done = step(*args, **kwargs)
            if len(self.points) == -self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return taken


def _point(step: str) -> str:
    """What is called, and by whom: our functions and lines, the innermost first."""
    names = [step]
    frame = inspect.currentframe()
    while frame is not None and frame.f_code is not do_upkeep.__code__:
        if frame.f_globals.get("__name__", "").startswith("spanlake."):
            names.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(names)


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


def _child(data: Path, works: Sequence[str], doomed: str, fatal: int, error: int | None) -> None:
    steps = Steps(fatal, error)
    for name in _STEPS:
        setattr(os, name, steps.counted(getattr(os, name)))
    try:
        do_upkeep(data, works, doomed)
    except (OSError, SpanlakeError):
        if error is None:
            raise
    finally:
        _told(data).write_text("\n".join(steps.points), "utf-8")


def upkeep_that_dies(
    data: Path, works: Sequence[str], *, fatal: int, doomed: str = ""
) -> list[str] | None:
    """Do upkeep until it is killed; None then. The points of all its steps if it was not."""
    exit_code, points = _run(data, works, doomed, fatal, None)
    assert exit_code in {0, -signal.SIGKILL}, exit_code
    return points


def upkeep_that_fails(
    data: Path, works: Sequence[str], *, at: int, error: int, doomed: str = ""
) -> None:
    """Do upkeep whose n-th step fails, if it has so many. It may say so, and no more."""
    exit_code, _ = _run(data, works, doomed, at, error)
    assert exit_code == 0, exit_code


def _run(
    data: Path, works: Sequence[str], doomed: str, fatal: int, error: int | None
) -> tuple[int | None, list[str] | None]:
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["dying"])
    _told(data).unlink(missing_ok=True)
    child = processes.Process(target=_child, args=(data, works, doomed, fatal, error))
    child.start()
    child.join(_TIMEOUT_SECONDS)
    told = _told(data)
    return child.exitcode, told.read_text("utf-8").splitlines() if told.exists() else None


def _told(data: Path) -> Path:
    """Where a process that was not killed writes the points of its steps."""
    return data.with_suffix(".points")
