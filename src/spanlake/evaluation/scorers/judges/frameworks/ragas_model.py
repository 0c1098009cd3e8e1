"""The model that RAGAS' metrics ask. Apart, for its base class needs RAGAS installed."""

import asyncio
from typing import TypeVar

from pydantic import BaseModel
from ragas.llms.base import InstructorBaseRagasLLM

from spanlake.evaluation.scorers.judges.frameworks.bridge import Generator

B = TypeVar("B", bound=BaseModel)


class RagasModel(InstructorBaseRagasLLM):  # type: ignore[misc]  # RAGAS is an extra
    """Answers through a generator."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    async def agenerate(self, prompt: str, response_model: type[B]) -> B:
        """Answer by a model of pydantic."""
        return await self.generator.value(prompt, response_model)

    def generate(self, prompt: str, response_model: type[B]) -> B:
        """The same from a thread of a metric."""
        asked = self.agenerate(prompt, response_model)
        return asyncio.run_coroutine_threadsafe(asked, self.generator.loop).result()
