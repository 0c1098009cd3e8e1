"""Programs that use a GenAI library and of ours only `init`, and the packages each needs."""

from typing import NamedTuple

QUESTION = "Where is parcel 17?"
MODEL = "gpt-4o-mini"


class Program(NamedTuple):
    """A library driven against the model double.

    packages: what pip installs. tool: the name of the tool that the model is given, if any; then
    there are two calls of the model. code: of the program; QUESTION, MODEL and URL (the double's)
    are there for it. model: what the library calls the model.
    """

    packages: tuple[str, ...]
    code: str
    tool: str = ""
    model: str = MODEL


_OPENAI_TOOLS = """
import json, openai
client = openai.OpenAI(base_url=f"{URL}/v1", api_key="none")
tools = [{"type": "function", "function": {"name": "find_parcel", "description": "Find it.",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}}}}]
messages = [{"role": "user", "content": QUESTION}]
said = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
call = said.choices[0].message.tool_calls[0]
messages += [said.choices[0].message.model_dump(exclude_none=True),
    {"role": "tool", "tool_call_id": call.id, "content": "in Oslo"}]
client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
"""

_OPENAI_STREAM = """
import openai
client = openai.OpenAI(base_url=f"{URL}/v1", api_key="none")
for _ in client.chat.completions.create(
    model=MODEL, messages=[{"role": "user", "content": QUESTION}], stream=True,
    stream_options={"include_usage": True},
):
    pass
"""

_ANTHROPIC_TOOLS = """
import anthropic
client = anthropic.Anthropic(base_url=URL, api_key="none")
tools = [{"name": "find_parcel", "description": "Find it.",
    "input_schema": {"type": "object", "properties": {"query": {"type": "string"}}}}]
messages = [{"role": "user", "content": QUESTION}]
said = client.messages.create(model=MODEL, max_tokens=99, messages=messages, tools=tools)
messages += [{"role": "assistant", "content": [said.content[0].model_dump(exclude_none=True)]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": said.content[0].id,
        "content": "in Oslo"}]}]
client.messages.create(model=MODEL, max_tokens=99, messages=messages, tools=tools)
"""

_LANGCHAIN = """
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI

def find_parcel(query: str) -> str:
    "Find a parcel."
    return "in Oslo"

model = ChatOpenAI(model=MODEL, base_url=f"{URL}/v1", api_key="none")
agent = create_agent(model, [find_parcel])
agent.invoke({"messages": [{"role": "user", "content": QUESTION}]})
"""

_LLAMA_INDEX = """
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai import OpenAI
llm = OpenAI(model=MODEL, api_base=f"{URL}/v1", api_key="none")
llm.chat([ChatMessage(role="user", content=QUESTION)])
"""

_PYDANTIC_AI = """
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=f"{URL}/v1", api_key="none"))
agent = Agent(model)

@agent.tool_plain
def find_parcel(query: str) -> str:
    "Find a parcel."
    return "in Oslo"

agent.run_sync(QUESTION)
"""

_OPENAI_AGENTS = """
from agents import Agent, Runner, function_tool, set_default_openai_client
from openai import AsyncOpenAI
set_default_openai_client(AsyncOpenAI(base_url=f"{URL}/v1", api_key="none"), use_for_tracing=False)

@function_tool
def find_parcel(query: str) -> str:
    "Find a parcel."
    return "in Oslo"

Runner.run_sync(Agent(name="parcels", model=MODEL, tools=[find_parcel]), QUESTION)
"""

_LITELLM = """
import litellm
litellm.completion(model=f"openai/{MODEL}", api_base=f"{URL}/v1", api_key="none",
    messages=[{"role": "user", "content": QUESTION}])
"""

_GENAI = "opentelemetry-instrumentation-genai-"
_OPENINFERENCE = "openinference-instrumentation-"
_OPENLLMETRY = "opentelemetry-instrumentation-"
_TOOL = "find_parcel"

PROGRAMS = {
    "openai": Program(("openai", f"{_GENAI}openai"), _OPENAI_TOOLS, _TOOL),
    "openai-stream": Program(("openai", f"{_GENAI}openai"), _OPENAI_STREAM),
    "openai-openinference": Program(("openai", f"{_OPENINFERENCE}openai"), _OPENAI_TOOLS, _TOOL),
    "openai-openllmetry": Program(("openai", f"{_OPENLLMETRY}openai"), _OPENAI_TOOLS, _TOOL),
    "anthropic": Program(("anthropic", f"{_GENAI}anthropic"), _ANTHROPIC_TOOLS, _TOOL),
    "langchain": Program(
        ("langchain", "langchain-openai", f"{_GENAI}langchain"), _LANGCHAIN, _TOOL
    ),
    "langchain-openai-both": Program(
        ("langchain", "langchain-openai", f"{_GENAI}langchain", f"{_GENAI}openai"),
        _LANGCHAIN,
        _TOOL,
    ),
    "llama-index": Program(
        ("llama-index-core", "llama-index-llms-openai", f"{_OPENINFERENCE}llama-index"),
        _LLAMA_INDEX,
    ),
    "pydantic-ai": Program(("pydantic-ai-slim[openai]",), _PYDANTIC_AI, _TOOL),
    "openai-agents": Program(
        ("openai-agents", f"{_OPENINFERENCE}openai-agents"), _OPENAI_AGENTS, _TOOL
    ),
    "litellm": Program(("litellm", f"{_OPENINFERENCE}litellm"), _LITELLM, model=f"openai/{MODEL}"),
}
