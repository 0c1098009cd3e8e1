"""The one port to models."""

from typing import Protocol

from spanlake.evaluation.models.message import ChatRequest
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.reply import ChatReply


class ChatModel(Protocol):
    """Answers requests. Provider adapters and every layer around them are of this shape."""

    @property
    def name(self) -> ModelName:
        """Which model it is."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError if there is no answer."""
