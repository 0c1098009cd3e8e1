"""Metrics of RAGAS as scorers."""

import inspect
from collections.abc import Awaitable
from typing import Any, ClassVar

from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import MISSING_EXPECTATION, text_of
from spanlake.evaluation.scorers.judges.base import Turn
from spanlake.evaluation.scorers.judges.frameworks.bridge import Generator
from spanlake.evaluation.scorers.judges.frameworks.metric import FrameworkMetric, Measurement
from spanlake.evaluation.scorers.judges.responses import EXPECTED_RESPONSE
from spanlake.evaluation.scorers.judges.retrievals import found_documents
from spanlake.evaluation.scorers.outcome import ScorerError


class RagasMetric(FrameworkMetric):
    """A metric of RAGAS, by the name of its class; its score is the value.

        RagasMetric(metric="Faithfulness", pass_if=lambda score: score >= 0.8)

    parameters: of the metric, such as `embeddings` where it needs them. What it scores it takes
    from inputs, outputs, `expected_response`, the documents of the trace, and else from the
    expectation of the name that RAGAS has for it.
    """

    framework: ClassVar[str] = "ragas"
    title: ClassVar[str] = "RAGAS"
    module: ClassVar[str] = "ragas.metrics.collections"

    def __post_init__(self) -> None:
        super().__post_init__()
        if "embeddings" in self._parameters() and "embeddings" not in self.parameters:
            raise UserError(
                f"metric is {self.metric!r}: it needs embeddings; "
                'give parameters={"embeddings": ragas.embeddings.embedding_factory(...)}'
            )

    def _measuring(self, generator: Generator, turn: Turn) -> Awaitable[Measurement]:
        from spanlake.evaluation.scorers.judges.frameworks.ragas_model import RagasModel

        asks = {"llm": RagasModel(generator)} if "llm" in self._parameters() else {}
        metric = self._kind()(**self.parameters, **asks)
        scored = self._scored(turn, inspect.signature(metric.ascore))

        async def measure() -> Measurement:
            result = await metric.ascore(**scored)
            return Measurement(result.value, result.reason)

        return measure()

    def _parameters(self) -> frozenset[str]:
        """What the metric is made with."""
        return frozenset(inspect.signature(self._kind().__init__).parameters)

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
