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
