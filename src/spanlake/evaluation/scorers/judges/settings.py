"""Which model judges, and how it is asked."""

from dataclasses import dataclass

from spanlake.config import JUDGE_MODEL_VARIABLE, judge_model
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.errors import ModelSetupError
from spanlake.evaluation.models.port import current_port

DEFAULT_MAX_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """model: a name such as openai:/gpt-4.1-mini, or a model; None is what the environment says.

    base_url: of an OpenAI-compatible server that serves it. max_tokens: of an answer.
    """

    model: str | ChatModel | None = None
    base_url: str | None = None
    temperature: float | None = 0.0
    max_tokens: int = DEFAULT_MAX_TOKENS

    def open(self) -> ChatModel:
        """Return the model, behind the port of the run. ModelSetupError if none can be asked."""
        return current_port().model(self._named(), self.base_url)

    async def check(self) -> None:
        """Raise ModelSetupError if no model can be asked; asks none."""
        await current_port().check(self._named(), self.base_url)

    def _named(self) -> str | ChatModel:
        model = self.model or judge_model()
        if model is None:
            raise ModelSetupError(
                f"no model is named to judge: set {JUDGE_MODEL_VARIABLE}, or give model=, to "
                "PROVIDER:/MODEL such as openai:/gpt-4.1-mini or anthropic:/claude-sonnet-4-5; "
                "offline:/overlap needs no key and is only good for a trial"
            )
        return model
