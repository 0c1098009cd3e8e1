"""Canaries: samples with a verdict that is beyond doubt, to see whether a judge works at all.

A model that was replaced, a proxy that answers for it, or instructions that went wrong show here
before they show in figures.
"""

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from spanlake.entities import AssessmentValue
from spanlake.errors import UserError
from spanlake.evaluation.models.blocking import run_blocking
from spanlake.evaluation.scorers.judges.base import Judge
from spanlake.evaluation.scorers.run import score_one
from spanlake.evaluation.scorers.sample import Sample

_FILE = Path(__file__).parent / "rubrics" / "canaries.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A sample and the verdict that it must have."""

    name: str
    verdict: AssessmentValue
    inputs: Any = None
    outputs: Any = None
    expectations: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryResult:
    """What a judge said of a canary. said: None for an abstention, or for an error."""

    canary: Canary
    said: AssessmentValue
    rationale: str | None
    error_message: str | None

    @property
    def is_right(self) -> bool:
        """Whether it said what it had to."""
        return self.error_message is None and self.said == self.canary.verdict

    @property
    def row(self) -> dict[str, Any]:
        """A row for `calibrate`, which reports canaries apart from what people labelled."""
        return {"judge": self.said, "human": self.canary.verdict, "canary": True}


def try_canaries(judge: Judge, canaries: Sequence[Canary] | None = None) -> list[CanaryResult]:
    """Ask a judge of single turns about canaries: those for its rubric, unless others are given.

    UserError where none are known for it.
    """
    chosen = list(canaries if canaries is not None else _of_rubrics(judge.rubrics))
    if not chosen:
        raise UserError(
            f"no canaries are known for the judge {judge.name}: give some, such as "
            'canaries=[Canary(name="rude", outputs="Go away.", verdict="no")]'
        )

    async def ask(canary: Canary) -> CanaryResult:
        sample = Sample(
            target_id=canary.name,
            inputs=canary.inputs,
            outputs=canary.outputs,
            expectations=canary.expectations,
        )
        (said, *_) = await score_one(judge, sample)
        message = None if said.error is None else said.error.error_message or said.error.error_code
        return CanaryResult(
            canary=canary, said=said.value, rationale=said.rationale, error_message=message
        )

    async def ask_all() -> list[CanaryResult]:
        return list(await asyncio.gather(*map(ask, chosen)))

    return run_blocking(ask_all)


def _of_rubrics(names: Sequence[str]) -> list[Canary]:
    return [Canary(**each) for name in names for each in _known().get(name, ())]


@cache
def _known() -> Mapping[str, list[dict[str, Any]]]:
    return tomllib.loads(_FILE.read_text("utf-8"))
