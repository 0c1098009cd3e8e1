"""A rubric with its material, as a request to a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from spanlake.evaluation.models.fence import Fence
from spanlake.evaluation.models.message import ChatMessage, ChatRequest, Role, ToolDefinition
from spanlake.evaluation.scorers.judges.rubric import Rubric
from spanlake.evaluation.scorers.judges.settings import JudgeSettings


@dataclass(frozen=True, slots=True)
class Question:
    """What one verdict is asked on. material: texts of others, by the names of the rubric."""

    rubric: Rubric
    material: Mapping[str, str]
    fence: Fence = field(default_factory=Fence)

    def request(
        self, settings: JudgeSettings, tools: tuple[ToolDefinition, ...] = ()
    ) -> ChatRequest:
        """Write the request: instructions from us, then the material in its fence."""
        texts = [self.fence.around(name, text) for name, text in self.material.items()]
        return ChatRequest(
            messages=(
                ChatMessage(Role.SYSTEM, self.rubric.instructions(self.fence, self.material)),
                ChatMessage(Role.USER, "\n\n".join([*texts, self.fence.reminder])),
            ),
            tools=tools,
            response_schema=self.rubric.form.response_schema,
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            nonce=self.fence.nonce,
            accepts=self.rubric.form.accepts,
        )


def as_text(value: object) -> str:
    """Write a value for people to read: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        return orjson.dumps(value, default=str, option=options).decode()
    except TypeError:  # halves of surrogate pairs, huge integers
        return str(value)
