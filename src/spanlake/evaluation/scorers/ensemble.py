"""Several scorers whose verdicts become one."""

import asyncio
import inspect
import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.evaluation.models.blocking import run_blocking
from spanlake.evaluation.models.errors import UNANSWERED, BudgetExceededError
from spanlake.evaluation.scorers.aggregate import Aggregation, number_of
from spanlake.evaluation.scorers.outcome import ScorerError, error_feedback, feedback_of
from spanlake.evaluation.scorers.run import score_given
from spanlake.evaluation.scorers.scorer import Scorer, verdict_of

SUB_FEEDBACK = "spanlake.ensemble.feedback"
"""The metadata that holds what each scorer said, as a JSON list."""

_SUB_SCORER_FAILED = "SUB_SCORER_FAILED"


def majority(values: Sequence[Any]) -> object:
    """The most frequent value; of several the one that comes first in the alphabet."""
    counts = Counter(json.dumps(value, sort_keys=True) for value in values)
    most = max(counts.values())
    value: object = json.loads(min(text for text, count in counts.items() if count == most))
    return value


def mean(values: Sequence[Any]) -> float:
    """The mean of numbers and yes/no verdicts."""
    return statistics.fmean(_numbers(values))


def minimum(values: Sequence[Any]) -> float:
    """The smallest number."""
    return min(_numbers(values))


def maximum(values: Sequence[Any]) -> float:
    """The largest number."""
    return max(_numbers(values))


def all_pass(values: Sequence[Any]) -> bool:
    """Whether every verdict is True or "yes"."""
    return all(_verdicts(values))


def any_pass(values: Sequence[Any]) -> bool:
    """Whether a verdict is True or "yes"."""
    return any(_verdicts(values))


COMBINATIONS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "majority": majority,
    "mean": mean,
    "min": minimum,
    "max": maximum,
    "all": all_pass,
    "any": any_pass,
}
# As MLflow calls them.
_ALIASES = {
    "majority_vote": "majority",
    "minimum": "min",
    "maximum": "max",
    "agg_all": "all",
    "agg_any": "any",
}


class Ensemble(Scorer):
    """Scorers that are asked at the same time, and whose values are combined into one.

    combine: majority, mean, min, max, all, any, or a function: of the list of values, or of the
    list of feedback if its parameter is named `feedbacks`. A scorer without a value, because it
    has nothing to say, has no vote; one that fails makes the whole an error, for the rest are not
    what was asked. What each of them said is in the metadata. See make_scorer_ensemble.
    """

    scorers: Sequence[Scorer]
    combine: str | Callable[[list[Any]], Any]

    def __post_init__(self) -> None:
        self.scorers = tuple(self.scorers)
        self.combine = _known(self.combine)
        self._check_scorers()
        super().__post_init__()

    def __call__(self, **given: Any) -> Feedback:  # noqa: ANN401  # what the scorers want
        """The combined feedback, with an error where a scorer failed."""
        return run_blocking(lambda: self.score(**given))

    async def score(self, **given: Any) -> Feedback:  # noqa: ANN401  # what the scorers want
        """The combined feedback; the scorers are asked at the same time."""
        said = await asyncio.gather(*(_ask(each, given) for each in self.scorers))
        combined = self._combined(said)
        kept = {SUB_FEEDBACK: json.dumps([_summary(each) for each in said])}
        metadata = {**combined.metadata, **_paid(said), **kept}
        return replace(combined, name=self.name, metadata=metadata)

    async def check_model(self) -> None:
        """Raise what any of the scorers raises."""
        for each in self.scorers:
            await each.check_model()

    @property
    def wants(self) -> frozenset[str]:
        """What any of the scorers wants."""
        return frozenset().union(*(each.wants for each in self.scorers))

    @property
    def requires(self) -> frozenset[str]:
        """What any of the scorers cannot do without."""
        return frozenset().union(*(each.requires for each in self.scorers))

    def _combined(self, said: Sequence[Feedback]) -> Feedback:
        """What the verdicts come to; an error where one of them is or they cannot be combined."""
        if failed := [(each.name, each.error) for each in said if each.error is not None]:
            reasons = (f"{name}: {error.error_message}" for name, error in failed)
            codes = [error.error_code for _, error in failed]
            # What a model did not answer is asked for again, also where it is one vote of several.
            code = next((each for each in codes if each in UNANSWERED), _SUB_SCORER_FAILED)
            if BudgetExceededError.error_code in codes:
                code = BudgetExceededError.error_code
            return error_feedback(ScorerError("; ".join(reasons), code), self)
        voters = [each for each in said if each.value is not None]
        if not voters:
            return self.feedback(rationale="no scorer has a verdict")
        try:
            combined, *more = feedback_of(self._combine(voters), self)
        except Exception as error:  # noqa: BLE001  # the user's function
            return error_feedback(error, self)
        if more:
            return error_feedback(ScorerError("its function returned a list: must be one"), self)
        votes = ", ".join(f"{each.name}: {json.dumps(each.value)}" for each in said)
        return replace(combined, rationale=combined.rationale or votes)

    def _combine(self, voters: Sequence[Feedback]) -> object:
        if isinstance(self.combine, str):
            return COMBINATIONS[self.combine]([each.value for each in voters])
        takes_feedback = "feedbacks" in inspect.signature(self.combine).parameters
        return self.combine(list(voters) if takes_feedback else [each.value for each in voters])

    def _check_scorers(self) -> None:
        if not self.scorers:
            raise UserError(
                f"the ensemble {self.name or 'of scorers'} has no scorers: give it two or more"
            )
        for each in self.scorers:
            if not isinstance(each, Scorer):
                raise UserError(
                    f"scorers of an ensemble has {each!r}: must be scorers; "
                    "@spanlake.scorer makes one of a function"
                )
        if len({each.is_session_level for each in self.scorers}) > 1:
            raise UserError(
                "scorers of an ensemble has some that score sessions and some that do not: "
                "must be of one kind"
            )


def make_scorer_ensemble(
    name: str,
    scorers: Sequence[Scorer],
    ensemble_fn: str | Callable[[list[Any]], Any],
    *,
    description: str = "",
    aggregations: Sequence[Aggregation] = ("mean",),
) -> Ensemble:
    """Make one scorer of several; see Ensemble. The names MLflow has for functions do as well."""
    return Ensemble(
        name=name,
        scorers=scorers,
        combine=ensemble_fn,
        description=description,
        aggregations=aggregations,
    )


async def _ask(scorer: Scorer, given: dict[str, Any]) -> Feedback:
    """What one scorer says; an error where it says more than one thing."""
    wanted = {name: value for name, value in given.items() if name in scorer.wants}
    said, *more = await score_given(scorer, wanted)
    if more:
        many = ScorerError(
            f"it returned {1 + len(more)} feedbacks: in an ensemble it can return one"
        )
        return error_feedback(many, scorer)
    return said


def _paid(said: Sequence[Feedback]) -> dict[str, str]:
    """What the judges among the scorers took, added up."""
    judged = [each for each in said if "judge_model" in each.metadata]
    if not judged:
        return {}
    from spanlake.evaluation.scorers.judges.feedback import combined_provenance

    return combined_provenance(judged)


def _summary(feedback: Feedback) -> dict[str, Any]:
    return {"name": feedback.name, "value": feedback.value, "rationale": feedback.rationale}


def _known(combine: str | Callable[[list[Any]], Any]) -> str | Callable[[list[Any]], Any]:
    """A way to combine by the name it has here."""
    if callable(combine):
        return combine
    name = _ALIASES.get(combine, combine)
    if name not in COMBINATIONS:
        close = get_close_matches(str(name), COMBINATIONS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UserError(
            f"combine of an ensemble is {combine!r}: must be one of {', '.join(COMBINATIONS)} "
            f"or a function{hint}"
        )
    return name


def _numbers(values: Sequence[Any]) -> list[float]:
    numbers = [number_of(value) for value in values]
    if None in numbers:
        raise ScorerError(
            f"{values[numbers.index(None)]!r} is no number: mean, min and max combine numbers and "
            "yes/no; majority combines anything"
        )
    return [number for number in numbers if number is not None]


def _verdicts(values: Sequence[Any]) -> list[bool]:
    verdicts = [verdict_of(value) for value in values]
    if None in verdicts:
        raise ScorerError(
            f"{values[verdicts.index(None)]!r} is neither yes nor no: all and any combine these; "
            "majority combines anything"
        )
    return [bool(verdict) for verdict in verdicts]
