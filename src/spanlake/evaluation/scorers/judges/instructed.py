"""Judges by instructions of the user's: make_judge."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

from spanlake.entities import Feedback, Session, Trace
from spanlake.errors import UserError
from spanlake.evaluation.models.blocking import run_blocking
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.scorers.aggregate import Aggregation
from spanlake.evaluation.scorers.builtin.given import MISSING_EXPECTATION, MISSING_OUTPUT
from spanlake.evaluation.scorers.judges.base import MISSING_INPUT, Judge, Turn
from spanlake.evaluation.scorers.judges.conversation import transcript
from spanlake.evaluation.scorers.judges.judging import judge, judge_trace
from spanlake.evaluation.scorers.judges.rubric import Rubric
from spanlake.evaluation.scorers.judges.settings import DEFAULT_MAX_TOKENS
from spanlake.evaluation.scorers.judges.trace_tools import TraceTools
from spanlake.evaluation.scorers.judges.verdict import VerdictForm
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import Scorer

DEFAULT_MAX_STEPS = 20
VARIABLES: Mapping[str, str] = {
    "inputs": "what the app was given",
    "outputs": "what the app returned",
    "expectations": "what was expected of it",
    "conversation": "the whole conversation, turn by turn",
    "trace": "what the app did on the way; an overview, and the tools show the rest",
}
_VARIABLE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_MISSING = {
    "inputs": MISSING_INPUT,
    "outputs": MISSING_OUTPUT,
    "expectations": MISSING_EXPECTATION,
    "trace": "MISSING_TRACE",
}


class InstructedJudge(Judge):
    """A judge by instructions; see make_judge.

    max_steps: how many rounds of look-ups it has where it is given a trace.
    """

    instructions: str
    feedback_value_type: Any = str
    max_steps: int = DEFAULT_MAX_STEPS

    presentation: ClassVar[frozenset[str]] = Scorer.presentation | {"feedback_value_type"}

    def __post_init__(self) -> None:
        self.variables = _variables(self.name, self.instructions)
        if self.max_steps < 1:
            raise UserError(
                f"max_steps of the judge {self.name} is {self.max_steps}: must be 1 or more"
            )
        self.feedback_value_type = self.feedback_value_type or str
        self._form = VerdictForm(self.feedback_value_type)
        self.schema = self._form.schema  # stands for the type in the digest
        super().__post_init__()

    def __call__(
        self,
        inputs: Any = None,  # noqa: ANN401  # any JSON
        outputs: Any = None,  # noqa: ANN401  # any JSON
        expectations: Mapping[str, Any] | None = None,
        trace: Trace | None = None,
        session: Session | None = None,
    ) -> Feedback:
        """Judge one turn, or one session; ScorerError without what the instructions name."""
        given = {
            "inputs": inputs,
            "outputs": outputs,
            "expectations": expectations,
            "trace": trace,
            "session": session,
        }
        return run_blocking(lambda: self.score(**given))

    async def score(self, **given: Any) -> Feedback:  # noqa: ANN401  # see __call__
        """The same, to be awaited."""
        session = given.pop("session", None)
        turn = Turn.of(**given)
        values: dict[str, Any] = {
            "inputs": turn.request,
            "outputs": turn.response,
            "expectations": turn.expectations or None,
            "trace": turn.trace,
        }
        if "conversation" in self.variables:
            if session is None:
                raise ScorerError(f"{self.name} judges sessions, and none is given")
            values["conversation"] = transcript(session.traces, with_tools=True)
        # A conversation may be judged by expectations, where there are any.
        needed = self.variables - ({"expectations"} if session is not None else set())
        for name in sorted(needed):
            if values[name] is None:
                raise ScorerError(
                    f"the instructions name {{{{ {name} }}}}, and there is none", _MISSING[name]
                )
        material = {name: values[name] for name in VARIABLES if name in self.variables - {"trace"}}
        if "trace" in self.variables:
            return await judge_trace(
                self._rubric, material, self.settings, TraceTools(values["trace"]), self.max_steps
            )
        return await judge(self._rubric, material, self.settings)

    @property
    def wants(self) -> frozenset[str]:
        """What the instructions name."""
        return frozenset("session" if name == "conversation" else name for name in self.variables)

    @property
    def requires(self) -> frozenset[str]:
        """The trace or the session, where the instructions name it."""
        return self.wants & {"trace", "session"}

    @property
    def _rubric(self) -> Rubric:
        """The instructions; instead of a text itself they name the material that it is."""
        task = _VARIABLE.sub(lambda found: f"<{found[1]}>", self.instructions)
        material = {name: f"{VARIABLES[name]}; the task calls it <{name}>" for name in VARIABLES}
        return Rubric(self.name, task, material, self._form, {})


def make_judge(  # noqa: PLR0913  # all that a judge can be told, by name
    name: str,
    instructions: str,
    model: str | ChatModel | None = None,
    *,
    feedback_value_type: Any = str,  # noqa: ANN401  # a type
    description: str = "",
    base_url: str | None = None,
    temperature: float | None = 0.0,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    max_steps: int = DEFAULT_MAX_STEPS,
    aggregations: Sequence[Aggregation] = ("mean",),
    pass_if: Callable[[Any], bool] | None = None,
) -> InstructedJudge:
    """Make a judge of instructions in plain words.

        politeness = make_judge(
            "politeness",
            "Rate from 1 (rude) to 5 (kind) how {{ outputs }} treats who asked {{ inputs }}.",
            model="openai:/gpt-4.1-mini",
            feedback_value_type=int,
        )

    instructions: name what is judged: {{ inputs }}, {{ outputs }} and {{ expectations }} of one
    turn; {{ trace }}, which the judge looks into with tools, for max_steps rounds; or
    {{ conversation }}, which makes it a judge of sessions. feedback_value_type: bool, int, float,
    str, a Literal, a list of these or a dict from str to these; a judge that cannot decide gives
    None. model: SPANLAKE_JUDGE_MODEL unless given. The rest is as in every scorer. UserError for
    instructions that name nothing, or something else.
    """
    return InstructedJudge(
        name=name,
        instructions=instructions,
        model=model,
        feedback_value_type=feedback_value_type,
        description=description,
        base_url=base_url,
        temperature=temperature,
        max_tokens=max_tokens,
        max_steps=max_steps,
        aggregations=aggregations,
        pass_if=pass_if,
    )


def _variables(name: str, instructions: str) -> frozenset[str]:
    """The variables that instructions name. UserError for wrong ones, and for none."""
    named = frozenset(_VARIABLE.findall(instructions))
    known = ", ".join(f"{{{{ {each} }}}}" for each in VARIABLES)
    for each in sorted(named - VARIABLES.keys()):
        close = get_close_matches(each, VARIABLES, n=1)
        hint = f"; did you mean {{{{ {close[0]} }}}}?" if close else ""
        raise UserError(
            f"the instructions of the judge {name} name {{{{ {each} }}}}: "
            f"there are only {known}{hint}"
        )
    if not named:
        raise UserError(
            f"the instructions of the judge {name} name nothing to judge: "
            f"put at least one of {known} into them"
        )
    if "conversation" in named and named - {"conversation", "expectations"}:
        others = ", ".join(sorted(named - {"conversation", "expectations"}))
        raise UserError(
            f"the instructions of the judge {name} name conversation and {others}: "
            "a conversation goes only together with expectations, its turns are in it"
        )
    return named
