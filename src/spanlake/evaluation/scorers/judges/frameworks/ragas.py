"""Metrics of RAGAS as scorers."""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.evaluation.models.errors import ModelError
from spanlake.evaluation.scorers.builtin.given import MISSING_EXPECTATION, text_of
from spanlake.evaluation.scorers.judges.ask import JudgeError
from spanlake.evaluation.scorers.judges.base import Turn, TurnJudge
from spanlake.evaluation.scorers.judges.feedback import (
    error_of,
    judge_span,
    provenance,
    record,
    source_of,
)
from spanlake.evaluation.scorers.judges.frameworks.bridge import (
    Generator,
    framework,
    metric_class,
)
from spanlake.evaluation.scorers.judges.responses import EXPECTED_RESPONSE
from spanlake.evaluation.scorers.judges.retrievals import found_documents
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import snake_case

_METRICS = "ragas.metrics.collections"


class RagasMetric(TurnJudge):
    """A metric of RAGAS, by the name of its class; its score is the value.

        RagasMetric(metric="Faithfulness", pass_if=lambda score: score >= 0.8)

    parameters: of the metric, such as `embeddings` where it needs them. What it scores it takes
    from inputs, outputs, `expected_response`, the documents of the trace, and else from the
    expectation of the name that RAGAS has for it.
    """

    metric: str
    parameters: Mapping[str, Any] = {}  # copied for each scorer

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "outputs", "expectations", "trace"})

    def __post_init__(self) -> None:
        self.name = self.name or snake_case(self.metric)
        super().__post_init__()
        kind = metric_class(framework("ragas", _METRICS), self.metric, "RAGAS")
        needed = inspect.signature(kind.__init__).parameters  # type: ignore[misc]  # of a metric
        if "embeddings" in needed and "embeddings" not in self.parameters:
            raise UserError(
                f"metric is {self.metric!r}: it needs embeddings; "
                'give parameters={"embeddings": ragas.embeddings.embedding_factory(...)}'
            )

    async def _judge(self, turn: Turn) -> Feedback:
        from spanlake.evaluation.scorers.judges.frameworks.ragas_model import RagasModel

        kind = metric_class(framework("ragas", _METRICS), self.metric, "RAGAS")
        asks = "llm" in inspect.signature(kind.__init__).parameters  # type: ignore[misc]  # of a metric
        model = self.settings.open()
        generator = Generator(model, self.settings)
        parameters = {**self.parameters, **({"llm": RagasModel(generator)} if asks else {})}
        metric = kind(**parameters)
        scored = self._scored(turn, inspect.signature(metric.ascore))
        with judge_span(self.name) as span:
            try:
                result = await metric.ascore(**scored)
            except (ModelError, JudgeError) as error:
                feedback = error_of(self.name, model.name, error)
            else:
                feedback = Feedback(
                    name=self.name,
                    value=result.value,
                    rationale=result.reason,
                    source=source_of(model.name),
                    metadata={**provenance(model.name, generator.replies), "framework": "ragas"},
                )
            record(span, feedback)
        return feedback

    def _scored(self, turn: Turn, signature: inspect.Signature) -> dict[str, Any]:
        """What the metric takes, by the names RAGAS has. ScorerError for what is not there."""
        known = {
            "user_input": None if turn.request is None else text_of(turn.request),
            "response": None if turn.response is None else text_of(turn.response),
            "reference": turn.expectations.get(EXPECTED_RESPONSE),
            "retrieved_contexts": found_documents(turn.trace),
        }
        given = {**turn.expectations, **{k: v for k, v in known.items() if v is not None}}
        missing = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.default is parameter.empty and given.get(name) is None
        ]
        if missing:
            raise ScorerError(
                f"{self.metric} needs {', '.join(missing)}, and there is none", MISSING_EXPECTATION
            )
        return {name: given[name] for name in signature.parameters if given.get(name) is not None}
