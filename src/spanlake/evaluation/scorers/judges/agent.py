"""A judge that looks into a trace before it decides: a loop of look-ups, with an end."""

from dataclasses import replace

from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.fence import Fence
from spanlake.evaluation.models.message import ChatMessage, Role
from spanlake.evaluation.models.reply import ChatReply
from spanlake.evaluation.scorers.judges.ask import Judgement, conclude
from spanlake.evaluation.scorers.judges.question import Question
from spanlake.evaluation.scorers.judges.rubric import hurry_words
from spanlake.evaluation.scorers.judges.settings import JudgeSettings
from spanlake.evaluation.scorers.judges.trace_tools import TraceTools

_CALLS_AT_ONCE = 8
_TOO_MANY = f"error: at most {_CALLS_AT_ONCE} look-ups at once; ask again"
_MATERIAL = "tool_result"


async def look_into(
    model: ChatModel, question: Question, settings: JudgeSettings, tools: TraceTools, max_steps: int
) -> Judgement:
    """Let the model look up what it likes, for so many rounds, and take its verdict.

    What it finds is material like any other, in the fence of the question. JudgeError if there is
    no verdict, ModelError if no reply.
    """
    request = question.request(settings, tools.definitions)
    form = question.rubric.form
    replies: tuple[ChatReply, ...] = ()
    for _ in range(max_steps):
        replies = (*replies, await model.complete(request))
        if not replies[-1].tool_calls:
            return await conclude(model, request, form, replies)
        found = _look_up(replies[-1], tools, question.fence)
        request = replace(request, messages=(*request.messages, *found))
    last = ChatMessage(Role.USER, hurry_words())
    request = replace(request, messages=(*request.messages, last), may_call_tools=False)
    replies = (*replies, await model.complete(request))
    return await conclude(model, request, form, replies)


def _look_up(reply: ChatReply, tools: TraceTools, fence: Fence) -> list[ChatMessage]:
    """The turn of the model, and what its look-ups found."""
    turn = ChatMessage(Role.ASSISTANT, reply.text, reply.tool_calls)
    answers = [
        ChatMessage(
            Role.TOOL,
            fence.around(_MATERIAL, tools.answer(call) if number < _CALLS_AT_ONCE else _TOO_MANY),
            tool_call_id=call.id,
        )
        for number, call in enumerate(reply.tool_calls)
    ]
    return [turn, *answers]
