"""How far a command is that takes a while."""

import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from spanlake.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress, ProgressColumn, TaskID

_QUIET_SECONDS = 1.0


class LateBar:
    """A bar on stderr, once there has been something to wait for; nothing where no terminal is.

    noun: what is counted.
    """

    def __init__(self, noun: str = "") -> None:
        self._noun = noun
        self._began = time.monotonic()
        self._open = ExitStack()
        self._screen = console(stderr=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def show(self, completed: int, total: int | None = None, **fields: Any) -> None:  # noqa: ANN401  # of the columns
        """Say how much is done, and of how much if that is known. fields: what columns name."""
        if not self._screen.is_terminal or time.monotonic() - self._began < _QUIET_SECONDS:
            return
        if self._bar is None or self._task is None:
            from rich.progress import Progress

            self._bar = Progress(*self.columns(), console=self._screen, transient=True)
            self._open.enter_context(self._bar)
            self._task = self._bar.add_task(self._noun, total=total, **fields)
        self._bar.update(self._task, completed=completed, total=total, **fields)

    def columns(self) -> "Sequence[ProgressColumn]":
        """What is shown side by side; without any, a bar, a share and the time that is left."""
        return ()


class FileProgress(LateBar):
    """Of a command that goes through stored files."""

    def __init__(self) -> None:
        super().__init__("files")

    def __call__(self, done: int, total: int) -> None:
        """Say how many files are done, and of how many."""
        self.show(done, total)


class CountProgress(LateBar):
    """How many things are done, where nobody knows of how many."""

    def __init__(self, noun: str) -> None:
        super().__init__(noun)
        self._done = 0

    def __call__(self, more: int) -> None:
        """Say that so many more are done."""
        self._done += more
        self.show(self._done)

    def columns(self) -> "Sequence[ProgressColumn]":
        """A sign of life and the count."""
        from rich.progress import SpinnerColumn, TextColumn

        return SpinnerColumn(), TextColumn("{task.completed:,.0f} " + self._noun)
