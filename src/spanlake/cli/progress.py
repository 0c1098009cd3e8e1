"""How far a command is that goes through stored files."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from spanlake.cli.output import console

_QUIET_SECONDS = 1.0


class FileProgress:
    """A bar on stderr, once there has been something to wait for."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._open = ExitStack()
        self._update: Callable[[int, int], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def __call__(self, done: int, total: int) -> None:
        """Say how many files are done, and of how many."""
        if self._update is None and time.monotonic() - self._began > _QUIET_SECONDS:
            self._update = self._bar()
        if self._update is not None:
            self._update(done, total)

    def _bar(self) -> Callable[[int, int], None]:
        from rich.progress import Progress

        screen = console(stderr=True)
        bar = Progress(console=screen, transient=True, disable=not screen.is_terminal)
        self._open.enter_context(bar)
        task = bar.add_task("files")
        return lambda done, total: bar.update(task, completed=done, total=total)


class CountProgress:
    """How many things are done, on stderr, where nobody knows of how many."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._began = time.monotonic()
        self._done = 0
        self._open = ExitStack()
        self._update: Callable[[int], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def __call__(self, more: int) -> None:
        """Say that so many more are done."""
        self._done += more
        if self._update is None and time.monotonic() - self._began > _QUIET_SECONDS:
            self._update = self._counter()
        if self._update is not None:
            self._update(self._done)

    def _counter(self) -> Callable[[int], None]:
        from rich.progress import Progress, SpinnerColumn, TextColumn

        screen = console(stderr=True)
        text = TextColumn("{task.completed:,.0f} " + self._noun)
        bar = Progress(
            SpinnerColumn(), text, console=screen, transient=True, disable=not screen.is_terminal
        )
        self._open.enter_context(bar)
        task = bar.add_task(self._noun, total=None)
        return lambda done: bar.update(task, completed=done)
