"""A judge: a scorer that asks a model."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spanlake.config import judge_model
from spanlake.entities import AssessmentSource, Feedback, Session, SourceType, Trace
from spanlake.evaluation.models.blocking import run_blocking
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.scorers.builtin.given import MISSING_OUTPUT
from spanlake.evaluation.scorers.judges.judging import judge
from spanlake.evaluation.scorers.judges.rubric import rubric
from spanlake.evaluation.scorers.judges.settings import DEFAULT_MAX_TOKENS, JudgeSettings
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import Scorer

MISSING_INPUT = "MISSING_INPUT"
_DIGEST_LENGTH = 16


class Judge(Scorer):
    """A scorer that asks a model, which may be called as it is or by a run.

    model: a name such as openai:/gpt-4.1-mini, or a model; SPANLAKE_JUDGE_MODEL unless given.
    base_url: of an OpenAI-compatible server that serves it. temperature: None is the model's own.
    max_tokens: of one answer. timeout: none by default, for every call to a model has its own.
    """

    model: str | ChatModel | None = None
    base_url: str | None = None
    temperature: float | None = 0.0
    max_tokens: int = DEFAULT_MAX_TOKENS
    timeout: float | None = 0.0

    rubrics: ClassVar[tuple[str, ...]] = ()
    """The rubrics it judges by: when one changes, the judge is another version."""

    def __post_init__(self) -> None:
        self.model = self.model or judge_model()
        if isinstance(self.model, str):
            ModelName.parse(self.model, self.base_url)  # a mistake in it is told at once
        tasks = [rubric(name) for name in self.rubrics]
        told = repr([(each.task, each.material, each.verdicts) for each in tasks])
        self.rubrics_digest = hashlib.sha256(told.encode()).hexdigest()[:_DIGEST_LENGTH]
        super().__post_init__()

    @property
    def always_asks(self) -> bool:
        """Whether there is no verdict without a model."""
        return True

    async def check_model(self) -> None:
        """Raise ModelSetupError if it needs a model, and none can be asked."""
        if self.always_asks:
            await self.settings.check()

    @property
    def settings(self) -> JudgeSettings:
        """Which model is asked, and how."""
        return JudgeSettings(self.model, self.base_url, self.temperature, self.max_tokens)

    @property
    def source(self) -> AssessmentSource:
        """The model that judges."""
        match self.model:
            case None:
                return AssessmentSource(SourceType.LLM_JUDGE, self.name)
            case str():
                name = ModelName.parse(self.model, self.base_url)
            case model:
                name = model.name
        return AssessmentSource(SourceType.LLM_JUDGE, str(name))

    async def _by(self, rubric_name: str, material: Mapping[str, object], name: str) -> Feedback:
        """Judge material by a rubric."""
        return await judge(rubric(rubric_name), material, self.settings, name)


@dataclass(frozen=True, slots=True)
class Turn:
    """One request to an app with its response. What is not known is None."""

    request: Any
    response: Any
    expectations: Mapping[str, Any]
    trace: Trace | None

    @classmethod
    def of(
        cls,
        inputs: Any = None,  # noqa: ANN401  # any JSON
        outputs: Any = None,  # noqa: ANN401  # any JSON
        expectations: Mapping[str, Any] | None = None,
        trace: Trace | None = None,
    ) -> Self:
        """Take what the trace says for what is not given."""
        if trace is not None:
            inputs = trace.input if inputs is None else inputs
            outputs = trace.output if outputs is None else outputs
        return cls(inputs, outputs, expectations or {}, trace)

    @property
    def said(self) -> Any:  # noqa: ANN401  # any JSON
        """The response. ScorerError if there is none."""
        if self.response is None:
            raise ScorerError("there are no outputs to judge", MISSING_OUTPUT)
        return self.response

    @property
    def asked(self) -> Any:  # noqa: ANN401  # any JSON
        """The request. ScorerError if there is none."""
        if self.request is None:
            raise ScorerError("there are no inputs to judge by", MISSING_INPUT)
        return self.request


class TurnJudge(Judge):
    """A judge of single turns."""

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "outputs"})
    """What a run gives it; a trace given by hand does for inputs and outputs too."""

    needed: ClassVar[frozenset[str]] = frozenset()
    """Which of these it cannot judge without."""

    def __call__(
        self,
        inputs: Any = None,  # noqa: ANN401  # any JSON
        outputs: Any = None,  # noqa: ANN401  # any JSON
        expectations: Mapping[str, Any] | None = None,
        trace: Trace | None = None,
    ) -> Any:  # noqa: ANN401  # a Feedback, or a list of them
        """Judge one turn; ScorerError without what it takes."""
        return run_blocking(
            lambda: self.score(
                inputs=inputs, outputs=outputs, expectations=expectations, trace=trace
            )
        )

    async def score(self, **given: Any) -> Any:  # noqa: ANN401  # see __call__
        """The same, to be awaited."""
        return await self._judge(Turn.of(**given))

    async def _judge(self, turn: Turn) -> Feedback | list[Feedback]:
        raise NotImplementedError

    @property
    def wants(self) -> frozenset[str]:
        """What a run gives it."""
        return self.parts

    @property
    def requires(self) -> frozenset[str]:
        """What it cannot judge without."""
        return self.needed


class SessionJudge(Judge):
    """A judge of whole conversations."""

    def __call__(self, session: Session, expectations: Mapping[str, Any] | None = None) -> Feedback:
        """Judge one conversation; ScorerError without what it takes."""
        feedback: Feedback = run_blocking(
            lambda: self.score(session=session, expectations=expectations)
        )
        return feedback

    async def score(self, **given: Any) -> Any:  # noqa: ANN401  # a Feedback
        """The same, to be awaited."""
        return await self._judge(given["session"], given.get("expectations") or {})

    async def _judge(self, session: Session, expectations: Mapping[str, Any]) -> Feedback:
        raise NotImplementedError
