"""A support agent that retrieves, asks a model, calls tools and answers, and traces all of it.

The spans are named and attributed as the OpenTelemetry GenAI semantic conventions say.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry.trace import Span, SpanKind, Tracer

from spanlake.cli.demo import scenario
from spanlake.cli.demo.help_centre import search
from spanlake.cli.demo.messages import (
    TOOL_DEFINITIONS,
    Message,
    input_messages,
    output_messages,
    system_instructions,
)
from spanlake.cli.demo.model_client import Completion, ModelClient

_TOP_K = 3
_TEMPERATURE = 0.2
_SECONDS_TO_SEARCH = 0.02
_SECONDS_TO_LOOK_UP = 0.03


class SupportAgent:
    """One conversation of one user with one agent."""

    def __init__(self, tracer: Tracer, model: ModelClient, conversation_id: str) -> None:
        self._tracer = tracer
        self._model = model
        self._belonging = {"gen_ai.conversation.id": conversation_id, "user.id": scenario.USER}

    def answer(self, question: str) -> str:
        """Answer a question, and return the id of the trace of it, in hex."""
        asked = {"role": "user", "content": question}
        attributes = {
            "gen_ai.agent.name": scenario.AGENT,
            "gen_ai.agent.description": scenario.AGENT_DESCRIPTION,
            "gen_ai.input.messages": input_messages([asked]),
        }
        with self._span("invoke_agent", scenario.AGENT, SpanKind.INTERNAL, attributes) as span:
            messages = [{"role": "system", "content": self._instructions(question)}, asked]
            routed = self._chat(scenario.ROUTING_MODEL, messages)
            messages.append(routed.message)
            messages += [self._call_tool(call) for call in routed.message["tool_calls"]]
            final = self._chat(scenario.ANSWERING_MODEL, messages)
            span.set_attributes(
                {
                    "gen_ai.output.messages": output_messages(final.message, final.finish_reason),
                    "gen_ai.usage.input_tokens": routed.input_tokens + final.input_tokens,
                    "gen_ai.usage.output_tokens": routed.output_tokens + final.output_tokens,
                }
            )
            return f"{span.get_span_context().trace_id:032x}"

    def _instructions(self, question: str) -> str:
        attributes = {
            "gen_ai.data_source.id": scenario.HELP_CENTRE,
            "gen_ai.retrieval.query.text": question,
            "gen_ai.retrieval.top_k": _TOP_K,
        }
        with self._span("retrieval", scenario.HELP_CENTRE, SpanKind.CLIENT, attributes) as span:
            time.sleep(_SECONDS_TO_SEARCH)
            hits = search(question, top_k=_TOP_K)
            documents = [
                {"id": article.id, "score": score, "content": article.text}
                for article, score in hits
            ]
            span.set_attribute("gen_ai.retrieval.documents", json.dumps(documents))
        return "\n".join([scenario.INSTRUCTIONS, *(article.text for article, _ in hits)])

    def _chat(self, model: str, messages: list[Message]) -> Completion:
        system, *conversation = messages
        attributes = {
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": model,
            "gen_ai.request.temperature": _TEMPERATURE,
            "server.address": self._model.host,
            "server.port": self._model.port,
            "gen_ai.system_instructions": system_instructions(system),
            "gen_ai.tool.definitions": TOOL_DEFINITIONS,
            "gen_ai.input.messages": input_messages(conversation),
        }
        with self._span("chat", model, SpanKind.CLIENT, attributes) as span:
            completion = self._model.complete(model, messages, temperature=_TEMPERATURE)
            reason = completion.finish_reason
            span.set_attributes(
                {
                    "gen_ai.response.id": completion.id,
                    "gen_ai.response.model": completion.model,
                    "gen_ai.response.finish_reasons": [reason],
                    "gen_ai.usage.input_tokens": completion.input_tokens,
                    "gen_ai.usage.output_tokens": completion.output_tokens,
                    "gen_ai.usage.cache_read.input_tokens": completion.cached_tokens,
                    "gen_ai.output.messages": output_messages(completion.message, reason),
                }
            )
        return completion

    def _call_tool(self, call: Message) -> Message:
        """Do what the model asks for; a tool that fails says so to the model, and in its span."""
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        attributes = {
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.description": scenario.description_of(name),
            "gen_ai.tool.call.id": call["id"],
            "gen_ai.tool.call.arguments": arguments,
        }
        try:
            with self._span("execute_tool", name, SpanKind.INTERNAL, attributes) as span:
                time.sleep(_SECONDS_TO_LOOK_UP)
                result = json.dumps(scenario.call_tool(name, **json.loads(arguments)))
                span.set_attribute("gen_ai.tool.call.result", result)
        except scenario.PaymentTimeoutError as error:
            result = json.dumps({"error": str(error)})
        return {"role": "tool", "tool_call_id": call["id"], "content": result}

    @contextmanager
    def _span(
        self, operation: str, of: str, kind: SpanKind, attributes: Mapping[str, Any]
    ) -> Iterator[Span]:
        """A span of one operation; an exception that leaves it is its error."""
        everything = {
            "gen_ai.operation.name": operation,
            **self._belonging,
            **attributes,
        }
        name = f"{operation} {of}"
        with self._tracer.start_as_current_span(name, kind=kind, attributes=everything) as span:
            try:
                yield span
            except Exception as error:
                span.set_attribute("error.type", type(error).__qualname__)
                raise
