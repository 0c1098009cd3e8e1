"""How far an evaluation is, on stderr: rows, their rate, what it costs, and how long it takes."""

import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from spanlake.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanlake.evaluation.harness.progress import Progress

_QUIET_SECONDS = 1.0


class EvaluationProgress:
    """A bar on a terminal, and nothing elsewhere."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._open = ExitStack()
        self._screen = console(stderr=True)
        self._update: Callable[[Progress], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def __call__(self, progress: "Progress") -> None:
        """Say how far it is."""
        if not self._screen.is_terminal or time.monotonic() - self._began < _QUIET_SECONDS:
            return
        if self._update is None:
            self._update = self._bar(progress)
        self._update(progress)

    def _bar(self, first: "Progress") -> "Callable[[Progress], None]":
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        bar = Bar(
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.fields[of]} rows"),
            TextColumn("{task.fields[said]}"),
            console=self._screen,
            transient=True,
        )
        self._open.enter_context(bar)
        of = "?" if first.total is None else f"{first.total:,}"
        task = bar.add_task("rows", total=first.total, of=of, said="")

        def update(progress: "Progress") -> None:
            bar.update(task, completed=progress.done, said=_said(progress))

        return update


def _said(progress: "Progress") -> str:
    from spanlake import quantities

    parts = [f"{progress.rate:,.1f}/s"]
    if progress.eta is not None:
        parts.append(f"{quantities.duration(progress.eta * 1000)} left")
    if progress.cost_usd or progress.saved_usd:
        parts.append(quantities.cost(progress.cost_usd, unpriced_calls=0))
    if progress.errors:
        parts.append(f"{progress.errors:,} with errors")
    return ", ".join(parts)
