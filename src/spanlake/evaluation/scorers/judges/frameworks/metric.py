"""What scorers that are metrics of other frameworks have in common."""

from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar, NamedTuple

from spanlake.entities import AssessmentValue, Feedback
from spanlake.evaluation.models.errors import ModelError
from spanlake.evaluation.scorers.judges.ask import JudgeError
from spanlake.evaluation.scorers.judges.base import Turn, TurnJudge
from spanlake.evaluation.scorers.judges.feedback import (
    error_of,
    judge_span,
    provenance,
    record,
    source_of,
)
from spanlake.evaluation.scorers.judges.frameworks.bridge import Generator, framework, metric_class
from spanlake.evaluation.scorers.scorer import snake_case


class Measurement(NamedTuple):
    """What a metric says: its score, and why where it says it."""

    score: AssessmentValue
    reason: str | None


class FrameworkMetric(TurnJudge):
    """A metric of another framework, by the name of its class; its score is the value.

    parameters: of the metric.
    """

    metric: str
    parameters: Mapping[str, Any] = {}  # copied for each scorer

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "outputs", "expectations", "trace"})
    framework: ClassVar[str]
    """What is installed, and imported."""
    title: ClassVar[str]
    """What people call it."""
    module: ClassVar[str]
    """Where its metrics are."""
    suffix: ClassVar[str] = ""
    """What the names of its metrics end with, and those of scorers do not."""

    def __post_init__(self) -> None:
        self.name = self.name or snake_case(self.metric.removesuffix(self.suffix))
        super().__post_init__()
        self._kind()  # a metric that is not there is told at once

    async def _judge(self, turn: Turn) -> Feedback:
        model = self.settings.open()
        generator = Generator(model, self.settings)
        measuring = self._measuring(generator, turn)
        with judge_span(self.name) as span:
            try:
                said = await measuring
            except (ModelError, JudgeError) as error:
                feedback = error_of(self.name, model.name, error)
            else:
                paid = provenance(model.name, generator.replies)
                feedback = Feedback(
                    name=self.name,
                    value=said.score,
                    rationale=said.reason,
                    source=source_of(model.name),
                    metadata={**paid, "framework": self.framework},
                )
            record(span, feedback)
        return feedback

    def _measuring(self, generator: Generator, turn: Turn) -> Awaitable[Measurement]:
        """What is to be awaited for the score. ScorerError for what the turn lacks."""
        raise NotImplementedError

    def _kind(self) -> Any:  # noqa: ANN401  # a class of metrics
        """The class of the metric. UserError if the framework or the metric is not there."""
        return metric_class(framework(self.framework, self.module), self.metric, self.title)
