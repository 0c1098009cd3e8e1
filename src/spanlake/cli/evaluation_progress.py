"""How far an evaluation is, on stderr: rows, their rate, what it costs, and how long it takes."""

from typing import TYPE_CHECKING

from spanlake.cli.progress import LateBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import ProgressColumn

    from spanlake.evaluation.harness.progress import Progress


class EvaluationProgress(LateBar):
    """Of an evaluation, or of scoring."""

    def __call__(self, progress: "Progress") -> None:
        """Say how far it is."""
        of = "?" if progress.total is None else f"{progress.total:,}"
        self.show(progress.done, progress.total, of=of, said=_said(progress))

    def columns(self) -> "Sequence[ProgressColumn]":
        """A bar, the rows, and the rest in words."""
        from rich.progress import BarColumn, TextColumn

        rows = TextColumn("{task.completed:,.0f} of {task.fields[of]} rows")
        return BarColumn(), rows, TextColumn("{task.fields[said]}")


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
