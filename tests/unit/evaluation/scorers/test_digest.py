import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from spanlake.evaluation.scorers import Scorer, scorer
from spanlake.evaluation.scorers.digest import digest_of

BASE = """
import re
from pathlib import Path
from spanlake import scorer
from spanlake.evaluation.scorers import Scorer
from spanlake.evaluation.scorers.builtin.exact import ExactMatch

LIMIT = 3
WORDS = {"b", "a"}
PATTERN = re.compile("x")

def clean(text):
    return text.strip()

@scorer
def short(outputs, bound=5):
    \"\"\"Whether it is short.\"\"\"
    # a comment
    return len(clean(outputs)) <= LIMIT + bound and outputs not in WORDS and PATTERN.match(outputs)

class Long(Scorer):
    least: int = 3

    def __call__(self, outputs: str) -> bool:
        return len(clean(outputs)) >= self.least
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Any]:
    """Import a text as a module of the name `mine`."""

    def load(source: str) -> Any:  # noqa: ANN401  # a module
        number = len(list(tmp_path.iterdir()))
        path = tmp_path / f"mine{number}.py"
        path.write_text(source, "utf-8")
        spec = importlib.util.spec_from_file_location("mine", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["mine"] = module
        spec.loader.exec_module(module)
        return module

    return load


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    # a comment\n", ""),
        ('    """Whether it is short."""\n', ""),
        ("len(clean(outputs)) <= LIMIT", "(len( clean(outputs) )) <= LIMIT"),
        ("outputs, bound=5", "outputs: str, bound: int = 5"),
        ("@scorer\ndef short", "@scorer(timeout=3, pass_if=bool, aggregations=['p90'])\ndef short"),
        ("LIMIT = 3", "LIMIT = 3\nUNUSED = 4"),
        ('{"b", "a"}', '{"a", "b"}'),
        ("    least: int = 3\n", '    """Doc."""\n\n    least: "int" = 3\n'),
    ],
)
def test_what_changes_no_verdict_changes_no_digest(
    load: Callable[[str], Any], old: str, new: str
) -> None:
    """Layout, comments, docstrings, annotations and how results are read do not count."""
    assert old in BASE
    before, after = load(BASE), load(BASE.replace(old, new))
    assert after.short.digest == before.short.digest
    assert after.Long().digest == before.Long().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<= LIMIT + bound", "< LIMIT + bound"),
        ("LIMIT = 3", "LIMIT = 4"),
        ("bound=5", "bound=6"),
        ('{"b", "a"}', '{"b", "c"}'),
        ('re.compile("x")', 're.compile("x", re.I)'),
        ("text.strip()", "text.lstrip()"),
        ("@scorer\ndef short", "@scorer(name='other')\ndef short"),
    ],
)
def test_what_may_change_a_verdict_changes_the_digest(
    load: Callable[[str], Any], old: str, new: str
) -> None:
    """Code, defaults, used constants, helpers of the same module and the name count."""
    assert old in BASE
    before, after = load(BASE), load(BASE.replace(old, new))
    assert after.short.digest != before.short.digest


def test_a_class_counts_with_its_parameters_methods_and_helpers(load: Callable[[str], Any]) -> None:
    """A scorer class has another digest for another parameter, method or helper function."""
    module = load(BASE)
    digests = {
        module.Long().digest,
        module.Long(least=4).digest,
        load(BASE.replace(">= self.least", "> self.least")).Long().digest,
        load(BASE.replace("text.strip()", "text.lstrip()")).Long().digest,
        load(BASE.replace("least: int = 3", "least: int = 4")).Long().digest,
    }
    assert len(digests) == 5
    assert module.Long(timeout=1, description="d").digest == module.Long().digest


def test_what_a_function_closes_over_counts() -> None:
    """Functions of the same code that close over other values are other scorers."""

    def at_most(limit: int, words: dict[str, list[float]]) -> Scorer:
        @scorer(name="at_most")
        def short(outputs: str) -> bool:
            return len(outputs) <= limit and outputs not in words

        return short

    digests = [
        at_most(1, {"a": [0.5]}).digest,
        at_most(2, {"a": [0.5]}).digest,
        at_most(1, {"a": [0.25]}).digest,
        at_most(1, {"a": [0.5]}).digest,
    ]
    assert len(set(digests)) == 3
    assert digests[0] == digests[3]


def test_functions_that_call_themselves_or_each_other_have_a_digest() -> None:
    """Circles among functions and values end."""
    loop: list[object] = []
    loop.append(loop)

    @scorer
    def deep(outputs: list[Any], rest: list[object] = loop) -> int:  # a circle
        return 1 + max(map(deep, outputs), default=len(rest))

    assert re.fullmatch("[0-9a-f]{32}", deep.digest)


def test_a_function_without_source_is_known_by_its_bytecode() -> None:
    """What was typed at a prompt has a digest that follows what it does."""

    def typed(body: str) -> str:
        namespace: dict[str, Any] = {}
        exec(f"def f(outputs):\n    return {body}", namespace)  # noqa: S102  # as a prompt does
        return scorer(namespace["f"]).digest

    assert typed("outputs == 'a'") == typed("outputs == 'a'")
    assert typed("outputs == 'a'") != typed("outputs == 'b'")


def test_the_digest_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Neither the order of sets, nor addresses, nor whether it is a script make a difference."""
    path = tmp_path / "script.py"
    path.write_text(BASE + "\nprint(short.digest, Long().digest, ExactMatch().digest)\n", "utf-8")
    commands = [[str(path)], ["-c", "import script"]]
    printed = {
        subprocess.check_output(
            [sys.executable, *command], cwd=tmp_path, text=True,
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(tmp_path)},
        )
        for seed, command in enumerate(commands)
    }  # fmt: skip
    assert len(printed) == 1


def test_values_of_other_types_have_digests() -> None:
    """Objects count by class and attributes, secrets they hide with _ do not."""

    class Model:
        def __init__(self, name: str, key: str) -> None:
            self.name = name
            self._key = key

    assert digest_of(Model("a", "k1")) == digest_of(Model("a", "k2"))
    assert digest_of(Model("a", "k")) != digest_of(Model("b", "k"))
    assert digest_of([True]) != digest_of([1])
    assert digest_of({1: "a"}) != digest_of({"1": "a"})
    assert digest_of(b"a") != digest_of("a")
    assert digest_of(object()) == digest_of(object())


def test_functions_behind_other_objects_count() -> None:
    """The code behind a cache, a partial call, a method or slots is part of a digest."""

    @dataclass(frozen=True, slots=True)
    class Slotted:
        limit: int

        def short(self, outputs: str) -> bool:
            return len(outputs) < self.limit

    def one(outputs: str, limit: int = 1) -> bool:
        return len(outputs) > limit

    def other(outputs: str, limit: int = 1) -> bool:
        return len(outputs) < limit

    values = [
        cache(one), cache(other), partial(one, limit=2), partial(one, limit=3),
        partial(other, limit=2), Slotted(1), Slotted(2), Slotted(1).short, Slotted(2).short,
    ]  # fmt: skip
    assert len({digest_of(value) for value in values}) == len(values)
    assert digest_of(Slotted(1)) == digest_of(Slotted(1))
