"""A YAML file as plain values, each with the place where it was written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import yaml

from spanlake.config.composer import compose
from spanlake.config.problems import KeyPath, Problem, quoted
from spanlake.config.substitution import SubstitutionError, substitute
from spanlake.errors import ConfigError

# The core schema of YAML 1.2, as in the Collector: yes and on are text, and so is 1:30.
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,18}|[0-9]{1,18}(?:\.[0-9]{0,18})?)(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Place(NamedTuple):
    """Where a value stands in its file (1-based, at its key if it has one), and how it is typed."""

    line: int
    column: int
    typed: str


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a file, their places, and the mistakes that do not stop it from being read.

    A value with a problem of its own stands in `values` as None.
    """

    name: str
    values: Mapping[str, object] = field(default_factory=dict)
    places: Mapping[KeyPath, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def place(self, path: KeyPath) -> Place:
        """Where the value at the path stands or, if it is missing, the nearest one around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1, "empty"))

    def problem(self, path: KeyPath, finding: str) -> Problem:
        """State what is wrong with the value at the path."""
        place = self.place(path)
        return Problem(place.line, place.column, path, finding)


def read_document(path: Path, environ: Mapping[str, str]) -> Document:
    """Read a file, with the references to `environ` replaced; ConfigError if it cannot be read."""
    text, root = compose(path)
    if root is None:
        return Document(str(path))
    reading = _Reading(text, environ)
    values = reading.value(root, ())
    if isinstance(values, dict | None):
        return Document(str(path), values or {}, reading.places, tuple(reading.problems))
    line = reading.places[()].line
    raise ConfigError(f"{path}:{line}: no keys are here; start with one, such as receivers:")


@dataclass(frozen=True, slots=True)
class _Reading:
    """Turns nodes into values, and notes places and problems on the way."""

    text: str
    environ: Mapping[str, str]
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def value(self, node: yaml.Node, path: KeyPath) -> object:
        """Take in a node and all below it."""
        self.places.setdefault(path, self._place(node, node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.value(item, (*path, index)) for index, item in enumerate(node.value))
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            is_text = isinstance(key_node, yaml.ScalarNode)
            key = str(key_node.value) if is_text else self._as_typed(key_node)
            child = (*path, key)
            place = self._place(key_node, value_node)
            if key in values:
                finding = f"is given twice, first on line {self.places[child].line}; keep one"
                self.problems.append(Problem(place.line, place.column, child, finding))
                continue
            self.places[child] = place
            values[key] = self.value(value_node, child)
        return values

    def _scalar(self, node: yaml.Node, path: KeyPath) -> object:
        place = self.places[path]
        try:
            value = substitute(node.value, self.environ)
        except SubstitutionError as error:
            finding = f"is {place.typed}: {error}"
            self.problems.append(Problem(place.line, place.column, path, finding))
            return None
        if value != node.value:
            self.places[path] = place._replace(typed=f"{place.typed} ({quoted(value)})")
        is_bare = isinstance(node, yaml.ScalarNode) and node.style is None
        return _resolved(value) if is_bare else value

    def _place(self, at: yaml.Node, of: yaml.Node) -> Place:
        return Place(at.start_mark.line + 1, at.start_mark.column + 1, self._as_typed(of))

    def _as_typed(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            return "a mapping" if isinstance(node, yaml.MappingNode) else "a list"
        return quoted(self.text[node.start_mark.index : node.end_mark.index]) or "empty"


def _resolved(text: str) -> object:
    """Type a scalar that has no quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
