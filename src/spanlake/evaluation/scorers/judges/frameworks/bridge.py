"""The model of another framework's metric: its prompts go through the port of the run."""

import asyncio
import importlib
from dataclasses import dataclass, field
from types import ModuleType
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from spanlake.config import keep_private
from spanlake.errors import UserError
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.message import ChatMessage, ChatRequest, ResponseSchema, Role
from spanlake.evaluation.models.reply import ChatReply
from spanlake.evaluation.scorers.judges.ask import INVALID, JudgeError
from spanlake.evaluation.scorers.judges.rubric import repair_words
from spanlake.evaluation.scorers.judges.settings import JudgeSettings
from spanlake.evaluation.scorers.judges.verdict import without_code_fence

B = TypeVar("B", bound=BaseModel)

_SCHEMA_NAME = "answer"
_SILENCE = {"deepeval": "DEEPEVAL_TELEMETRY_OPT_OUT", "ragas": "RAGAS_DO_NOT_TRACK"}
"""The variables by which a framework is told to report nothing to its makers."""


def framework(name: str, module: str) -> ModuleType:
    """Import a module of a framework that may not be installed. UserError tells what to install."""
    keep_private(_SILENCE[name])
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(
            f"metrics of {name} need it installed, and importing {module} fails: {error}; "
            f"pip install 'spanlake[{name}]'"
        ) from error


def metric_class(module: ModuleType, metric: str, framework_name: str) -> type:
    """Find a metric by the name of its class. UserError with those there are."""
    found = getattr(module, metric, None)
    if not isinstance(found, type):
        names = sorted(name for name in dir(module) if isinstance(getattr(module, name), type))
        raise UserError(
            f"metric is {metric!r}: {framework_name} has none of that name; "
            f"there are {', '.join(names)}"
        )
    return found


@dataclass(slots=True)
class Generator:
    """Answers prompts. replies: what was said so far, for what it cost."""

    model: ChatModel
    settings: JudgeSettings
    replies: list[ChatReply] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    async def text(self, prompt: str) -> str:
        """Answer in words."""
        return (await self._ask(self._request(prompt))).text

    async def value(self, prompt: str, kind: type[B]) -> B:
        """Answer by a pydantic model. JudgeError if two answers in turn are none."""
        schema = ResponseSchema(_SCHEMA_NAME, kind.model_json_schema())
        request = self._request(prompt, schema)
        reply = await self._ask(request)
        try:
            return kind.model_validate_json(without_code_fence(reply.text))
        except ValidationError as error:
            problem = str(error.errors(include_url=False, include_input=False)[0]["msg"])
        said = ChatMessage(Role.ASSISTANT, reply.text or "(nothing)")
        again = ChatMessage(Role.USER, repair_words(problem))
        reply = await self._ask(self._request(prompt, schema, (said, again)))
        try:
            return kind.model_validate_json(without_code_fence(reply.text))
        except ValidationError as error:
            raise JudgeError(
                f"{self.model.name} gave no valid answer, asked twice: {error.errors()[0]['msg']}",
                INVALID,
                self.replies,
            ) from None

    def _request(
        self,
        prompt: str,
        schema: ResponseSchema | None = None,
        more: tuple[ChatMessage, ...] = (),
    ) -> ChatRequest:
        return ChatRequest(
            messages=(ChatMessage(Role.USER, prompt), *more),
            response_schema=schema,
            temperature=self.settings.temperature,
            max_tokens=self.settings.max_tokens,
        )

    async def _ask(self, request: ChatRequest) -> ChatReply:
        reply = await self.model.complete(request)
        self.replies.append(reply)
        return reply
