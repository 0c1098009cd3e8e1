"""Asking for a verdict: a wrong form is given back once, a wrong verdict never comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.message import ChatMessage, ChatRequest, Role
from spanlake.evaluation.models.reply import ChatReply, FinishReason
from spanlake.evaluation.scorers.judges.rubric import repair_words
from spanlake.evaluation.scorers.judges.verdict import Verdict, VerdictError, VerdictForm

REFUSED = "JUDGE_REFUSED"
INVALID = "JUDGE_VERDICT_INVALID"
_MORE_ROOM = 4
_LONGEST_ECHO = 4_000
_SHOWN = 200


class JudgeError(Exception):
    """There is no verdict, although the model answered.

    error_code: why. replies: what it answered, for what they cost.
    """

    def __init__(self, message: str, error_code: str, replies: Sequence[ChatReply]) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.replies = tuple(replies)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the replies it took."""

    verdict: Verdict
    replies: tuple[ChatReply, ...]


async def ask(model: ChatModel, request: ChatRequest, form: VerdictForm) -> Judgement:
    """Ask for a verdict of a form. JudgeError if there is none, ModelError if no reply."""
    reply = await model.complete(request)
    return await conclude(model, request, form, (reply,))


async def conclude(
    model: ChatModel, request: ChatRequest, form: VerdictForm, replies: tuple[ChatReply, ...]
) -> Judgement:
    """Take the last reply for the verdict; if it is none, ask for one once more."""
    try:
        return Judgement(_read(form, replies), replies)
    except VerdictError as error:
        last = await model.complete(_repair(request, replies[-1], str(error)))
    replies = (*replies, last)
    try:
        return Judgement(_read(form, replies), replies)
    except VerdictError as error:
        said = last.text[:_SHOWN]
        raise JudgeError(
            f"{model.name} gave no valid verdict, asked twice: {error}; it said {said!r}",
            INVALID,
            replies,
        ) from None


def _read(form: VerdictForm, replies: tuple[ChatReply, ...]) -> Verdict:
    reply = replies[-1]
    if reply.finish_reason is FinishReason.CONTENT_FILTER:
        raise JudgeError(
            f"the model refused to judge this: {reply.text[:_SHOWN] or 'without a word'}",
            REFUSED,
            replies,
        )
    if reply.finish_reason is FinishReason.LENGTH:
        raise VerdictError("it was cut off; give the reasons in fewer words")
    return form.read(reply.text)


def _repair(request: ChatRequest, reply: ChatReply, problem: str) -> ChatRequest:
    """Ask again, with room for a model that used up its tokens."""
    was_cut_off = reply.finish_reason is FinishReason.LENGTH
    said = ChatMessage(Role.ASSISTANT, reply.text[:_LONGEST_ECHO] or "(nothing)")
    return replace(
        request,
        messages=(*request.messages, said, ChatMessage(Role.USER, repair_words(problem))),
        may_call_tools=False,
        max_tokens=request.max_tokens * (_MORE_ROOM if was_cut_off else 1),
    )
