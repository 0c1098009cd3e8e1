"""Rubrics: what a judge is told, kept as data in rubrics/*.toml, and how it becomes a prompt."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import orjson

from spanlake.evaluation.models.fence import Fence
from spanlake.evaluation.scorers.judges.verdict import VerdictForm

_FOLDER = Path(__file__).parent / "rubrics"


@dataclass(frozen=True, slots=True)
class Rubric:
    """What to decide, on what material, with which verdicts.

    material: what each thing is that a prompt may hold, by its name. form: of the verdict.
    verdicts: what each choice means; empty where the verdict is no choice.
    """

    name: str
    task: str
    material: Mapping[str, str]
    form: VerdictForm
    verdicts: Mapping[str, str]

    def instructions(self, fence: Fence, given: Mapping[str, str]) -> str:
        """What the model is told before it sees the material that is given."""
        frame = _frame()
        shown = [f"- {name}: {self.material[name]}" for name in given if name in self.material]
        if self.verdicts:
            lines = [f"- {value!r}: {meaning}" for value, meaning in self.verdicts.items()]
            verdict = frame["choices"].format(choices="\n".join(lines))
        else:
            verdict = frame["value"].format(value=self.form.description)
        schema = orjson.dumps(self.form.schema).decode()
        parts = (
            frame["role"],
            f"# Task\n{self.task.strip()}",
            f"# Material\n{fence.notice}\n" + "\n".join(shown),
            f"# Verdict\n{verdict.strip()}\n{frame['abstain'].strip()}",
            f"# Answer\n{frame['answer'].format(schema=schema).strip()}",
        )
        return "\n\n".join(part.strip() for part in parts)


@cache
def rubric(name: str) -> Rubric:
    """Load one of the rubrics that come with Spanlake."""
    table = _toml(name)
    verdicts = table["verdicts"]
    choices = Literal[tuple(verdicts)]  # type: ignore[valid-type]  # as many as the file has
    return Rubric(name, table["task"], table["material"], VerdictForm(choices), verdicts)


def repair_words(problem: str) -> str:
    """What the model is told when its answer is of the wrong form."""
    return _frame()["repair"].format(problem=problem).strip()


def hurry_words() -> str:
    """What the model is told when it may look up nothing more."""
    return _frame()["hurry"].strip()


@cache
def _frame() -> Mapping[str, str]:
    return _toml("frame")


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
