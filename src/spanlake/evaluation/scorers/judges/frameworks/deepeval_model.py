"""The model that DeepEval's metrics ask. Apart, for its base class needs DeepEval installed."""

import asyncio
from typing import Any

from deepeval.models import DeepEvalBaseLLM
from pydantic import BaseModel

from spanlake.evaluation.scorers.judges.frameworks.bridge import Generator


class DeepEvalModel(DeepEvalBaseLLM):  # type: ignore[misc]  # DeepEval is an extra
    """Answers through a generator; None is for metrics that are only asked about a score."""

    def __init__(self, generator: Generator | None) -> None:
        self.generator = generator
        super().__init__("spanlake")

    def load_model(self) -> "DeepEvalModel":
        """There is nothing to load."""
        return self

    def get_model_name(self) -> str:
        """The name of the model behind it."""
        return str(self.generator.model.name) if self.generator else "none"

    async def a_generate(self, prompt: str, schema: type[BaseModel] | None = None) -> Any:  # noqa: ANN401  # of the schema
        """Answer in words, or by a schema."""
        if self.generator is None:
            raise RuntimeError("this model answers nothing")
        if schema is None:
            return await self.generator.text(prompt)
        return await self.generator.value(prompt, schema)

    def generate(self, prompt: str, schema: type[BaseModel] | None = None) -> Any:  # noqa: ANN401  # of the schema
        """The same from a thread of a metric."""
        if self.generator is None:
            raise RuntimeError("this model answers nothing")
        asked = self.a_generate(prompt, schema)
        return asyncio.run_coroutine_threadsafe(asked, self.generator.loop).result()
