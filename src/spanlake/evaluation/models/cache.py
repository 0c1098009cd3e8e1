"""A question is paid for once: replies are kept by the digest of what was asked.

Of equal requests at the same time one is sent, and the others wait for its reply.
"""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.errors import ModelError
from spanlake.evaluation.models.message import ChatRequest
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.reply import ChatReply, FinishReason

_WHOLE = (FinishReason.STOP, FinishReason.TOOL_CALL)


class _Kept(BaseModel):
    """A reply as it is written."""

    model_config = ConfigDict(extra="forbid")

    reply: ChatReply


InFlight = dict[str, asyncio.Future[ChatReply]]
"""Replies that are awaited, by the digest of what was asked."""


class ReplyStore(Protocol):
    """Keeps texts by digest: `spanlake.storage.reply_cache.ReplyCache`, or a dictionary's like."""

    def get(self, digest: str) -> bytes | None:
        """Return what was put, or None."""

    def put(self, digest: str, model: str, reply: bytes) -> None:
        """Keep a reply of a model."""


@dataclass(slots=True)
class MemoryStore:
    """Keeps replies as long as the program runs."""

    replies: dict[str, bytes] = field(default_factory=dict)

    def get(self, digest: str) -> bytes | None:
        """Return what was put, or None."""
        return self.replies.get(digest)

    def put(self, digest: str, model: str, reply: bytes) -> None:  # noqa: ARG002  # the protocol's
        """Keep a reply of a model."""
        self.replies[digest] = reply


@dataclass(frozen=True, slots=True)
class Cached:
    """A model that is not asked twice. For one event loop.

    in_flight: the requests that are being answered, of all models there.
    """

    inner: ChatModel
    store: ReplyStore
    in_flight: InFlight

    @property
    def name(self) -> ModelName:
        """Which model it is."""
        return self.inner.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError if there is no answer."""
        digest = request.digest(str(self.name))
        while (first := self.in_flight.get(digest)) is not None:
            await asyncio.wait([first])
            if not first.cancelled():  # else whoever asked first gave up, and it is our turn
                return replace(first.result(), from_cache=True)
        if (known := self._read(digest)) is not None:
            return replace(known, from_cache=True)
        return await self._ask(digest, request)

    def _read(self, digest: str) -> ChatReply | None:
        kept = self.store.get(digest)
        if kept is None:
            return None
        try:
            return _Kept.model_validate_json(kept).reply
        except ValidationError:
            return None  # written by another version

    async def _ask(self, digest: str, request: ChatRequest) -> ChatReply:
        answer: asyncio.Future[ChatReply] = asyncio.get_running_loop().create_future()
        self.in_flight[digest] = answer
        try:
            reply = await self.inner.complete(request)
            if _is_answer(reply, request):
                kept = _Kept(reply=reply).model_dump_json().encode()
                await asyncio.to_thread(self.store.put, digest, str(self.name), kept)
        except ModelError as error:
            answer.set_exception(error)
            answer.exception()  # seen, even if nobody waits
            raise
        else:
            answer.set_result(reply)
            return reply
        finally:
            del self.in_flight[digest]
            answer.cancel()  # does nothing where there is a result


def _is_answer(reply: ChatReply, request: ChatRequest) -> bool:
    """Whether it is worth keeping: whole, and of the form that was asked for."""
    is_of_form = request.accepts is None or bool(reply.tool_calls) or request.accepts(reply.text)
    return reply.finish_reason in _WHOLE and is_of_form
