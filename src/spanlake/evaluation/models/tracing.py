"""Every call to a model as a span, by OpenTelemetry's GenAI conventions.

The spans go wherever the program's spans go, as traces of their own under the experiment
`spanlake.judges`: a judge's calls are no part of the trace that it judges.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import orjson
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode, Tracer, TracerProvider
from opentelemetry.util.types import AttributeValue

from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.errors import ModelError
from spanlake.evaluation.models.message import ChatMessage, ChatRequest, JsonObject, Role
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.reply import ChatReply

JUDGES: Final = "spanlake.judges"
"""The experiment of judges' own traces, and the instrumentation scope of their spans."""

EXPERIMENT: Final = "spanlake.experiment"


def tracer_of(scope: str) -> Tracer:
    """The tracer of a scope: one for each provider, for it takes longer to make than a span."""
    return _tracer(trace.get_tracer_provider(), scope)


@lru_cache(maxsize=16)
def _tracer(provider: TracerProvider, scope: str) -> Tracer:
    return provider.get_tracer(scope)


@dataclass(frozen=True, slots=True)
class Traced:
    """A model whose calls are spans."""

    inner: ChatModel
    base_url: str | None = None

    @property
    def name(self) -> ModelName:
        """Which model it is."""
        return self.inner.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError if there is no answer."""
        with tracer_of(JUDGES).start_as_current_span(
            f"chat {self.name.model}",
            kind=SpanKind.CLIENT,
            attributes={EXPERIMENT: JUDGES},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            if span.is_recording():
                span.set_attributes(self._asked(request))
            try:
                reply = await self.inner.complete(request)
            except ModelError as error:
                span.set_attribute("error.type", error.error_code)
                span.set_status(StatusCode.ERROR, str(error))
                raise
            if span.is_recording():
                span.set_attributes(_answered(reply))
            return reply

    def _asked(self, request: ChatRequest) -> Mapping[str, AttributeValue]:
        attributes: dict[str, AttributeValue | None] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.name.provider.semconv,
            "gen_ai.request.model": self.name.model,
            "gen_ai.request.max_tokens": request.max_tokens,
            "gen_ai.request.temperature": request.temperature,
            "gen_ai.output.type": "json" if request.response_schema else "text",
            "gen_ai.system_instructions": _json(
                [_text(each.text) for each in request.messages if each.role is Role.SYSTEM]
            ),
            "gen_ai.input.messages": _json(
                [_message(each) for each in request.messages if each.role is not Role.SYSTEM]
            ),
        }
        if request.tools:
            attributes["gen_ai.tool.definitions"] = _json(
                [
                    {
                        "type": "function",
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                    }
                    for tool in request.tools
                ]
            )
        if self.base_url is not None:
            server = urlsplit(self.base_url)
            attributes["server.address"] = server.hostname
            attributes["server.port"] = server.port or {"http": 80}.get(server.scheme, 443)
        return _known(attributes)


def _answered(reply: ChatReply) -> Mapping[str, AttributeValue]:
    usage = reply.usage
    said = ChatMessage(Role.ASSISTANT, reply.text, reply.tool_calls)
    return _known(
        {
            "gen_ai.response.id": reply.response_id,
            "gen_ai.response.model": reply.model,
            "gen_ai.response.finish_reasons": (reply.finish_reason.value,),
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
            "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
            "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
            "gen_ai.output.messages": _json(
                [{**_message(said), "finish_reason": reply.finish_reason.value}]
            ),
        }
    )


def _known(attributes: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue]:
    return {name: value for name, value in attributes.items() if value is not None}


def _message(message: ChatMessage) -> JsonObject:
    if message.tool_call_id is not None:
        answer = {
            "type": "tool_call_response",
            "id": message.tool_call_id,
            "response": message.text,
        }
        return {"role": "tool", "parts": [answer]}
    calls = [
        {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.tool_calls
    ]
    words = [_text(message.text)] if message.text else []
    return {"role": message.role.value, "parts": [*words, *calls]}


def _text(text: str) -> JsonObject:
    return {"type": "text", "content": text}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
