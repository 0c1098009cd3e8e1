"""One verdict: the question is asked, and whatever comes of it is feedback."""

from collections.abc import Awaitable, Mapping

from spanlake.entities import Feedback
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.errors import ModelError
from spanlake.evaluation.models.fence import Fence
from spanlake.evaluation.scorers.judges.agent import look_into
from spanlake.evaluation.scorers.judges.ask import JudgeError, Judgement, ask
from spanlake.evaluation.scorers.judges.feedback import error_of, feedback_of, judge_span, record
from spanlake.evaluation.scorers.judges.injection import is_injection_suspected
from spanlake.evaluation.scorers.judges.question import Question, as_text
from spanlake.evaluation.scorers.judges.rubric import Rubric
from spanlake.evaluation.scorers.judges.settings import JudgeSettings
from spanlake.evaluation.scorers.judges.trace_tools import TraceTools

_EMPTY = "(empty)"
_OUR_OWN = {"guidelines", "role", "order"}
"""Material that tells how to judge; it is meant to influence the verdict."""


async def judge(
    rubric: Rubric, material: Mapping[str, object], settings: JudgeSettings, name: str = ""
) -> Feedback:
    """Judge material by a rubric; what is None is left out of it.

    name: of the feedback; the rubric's unless given. A model that gives no verdict is an error in
    the feedback. UserError if no model is named, or it cannot be asked at all.
    """
    model, question = settings.open(), Question(rubric, _texts(material))
    verdict = ask(model, question.request(settings), rubric.form)
    return await _feedback(name or rubric.name, model, question, verdict)


async def judge_trace(
    rubric: Rubric,
    material: Mapping[str, object],
    settings: JudgeSettings,
    tools: TraceTools,
    max_steps: int,
) -> Feedback:
    """The same, by a model that may look into a trace for so many rounds."""
    model = settings.open()
    question = Question(rubric, {**_texts(material), "trace": tools.overview})
    verdict = look_into(model, question, settings, tools, max_steps)
    return await _feedback(rubric.name, model, question, verdict)


async def _feedback(
    name: str, model: ChatModel, question: Question, verdict: Awaitable[Judgement]
) -> Feedback:
    """Await a verdict within a trace of its own, and tell what came of it."""
    with judge_span(name) as span:
        try:
            judgement = await verdict
        except (ModelError, JudgeError) as error:
            feedback = error_of(name, model.name, error)
        else:
            known = noticed(question.material, question.fence)
            feedback = feedback_of(name, model.name, judgement, known)
        record(span, feedback)
        return feedback


def _texts(material: Mapping[str, object]) -> dict[str, str]:
    given = {name: value for name, value in material.items() if value is not None}
    return {name: as_text(value) or _EMPTY for name, value in given.items()}


def noticed(texts: Mapping[str, str], fence: Fence) -> dict[str, str]:
    """What a reader of the verdict should know of the material, as metadata."""
    found = {}
    if is_injection_suspected(text for name, text in texts.items() if name not in _OUR_OWN):
        found["injection_suspected"] = "true"
    if any(len(text) > fence.limit for text in texts.values()):
        found["material_shortened"] = "true"
    return found
