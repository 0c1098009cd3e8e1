"""Attributes whose keys spell out a structure, as `llm.input_messages.0.message.role` does."""

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from spanlake.semconv.attributes import AttributeIndex, Found
from spanlake.semconv.json_values import Json

# Indices come from outside: gaps and any order are allowed, absurd ones and other numbers are not.
_INDEX = re.compile(r"0|[1-9][0-9]{0,5}")
_NUMBER = re.compile(r"[-+]?\d+")
_MAX_DEPTH = 12
_MAX_LEAVES = 10_000

_Name = str | int
_Path = tuple[_Name, ...]


class TooManyError(ValueError):
    """A span spells out more than any message has."""


class _Node(dict[_Name, Json]):
    """A structure in the making, apart from objects that were values."""


class _Forest:
    """The structures of many rows in the making, by path: what shares a path is found once."""

    def __init__(self) -> None:
        self.roots: dict[int, _Node] = {}
        self._levels: dict[_Path, dict[int, _Node]] = {(): self.roots}

    def plant(self, path: _Path, row: int) -> _Node:
        """The node at a path of a row. A leaf where others have a structure gives way to it."""
        level = self._levels.setdefault(path, {})
        node = level.get(row)
        if node is None:
            node = level[row] = _Node()
            if path:
                self.plant(path[:-1], row)[path[-1]] = node
        return node

    def level(self, path: _Path) -> dict[int, _Node]:
        """The nodes at a path by row."""
        return self._levels.setdefault(path, {})

    def finish(self) -> dict[int, Json]:
        """Make lists of the nodes whose names are all indices, compacted in their order.

        What else is beside the items of the outermost list is no part of it.
        """
        finished: dict[int, Json] = dict(self.roots)
        for path in sorted(self._levels, key=len, reverse=True):
            above = self._levels.get(path[:-1], {}) if path else finished
            for row, node in self._levels[path].items():
                value = _finished(node if path else _items(node) or node)
                if value is not node:
                    if path:
                        above[row][path[-1]] = value
                    else:
                        finished[row] = value
        return finished


def trees(
    index: AttributeIndex, prefix: str, wanted: npt.NDArray[np.bool_] | None = None
) -> dict[int, Json]:
    """For each row wanted that has keys below `prefix`, the structure they spell out.

    A row with too many leaves has a `TooManyError` for a structure.
    """
    leaves = np.zeros(index.length, np.int64)
    forest = _Forest()
    for path, found in _entries(index, prefix, wanted):
        np.add.at(leaves, found.rows, 1)
        kept = leaves[found.rows] <= _MAX_LEAVES
        rows, positions = found.rows[kept], found.positions[kept]
        name, level = path[-1], forest.level(path[:-1])
        for row, value in zip(rows.tolist(), index.values(Found(rows, positions)), strict=True):
            node = level.get(row)
            if node is None:
                node = forest.plant(path[:-1], row)
            if not isinstance(node.get(name), _Node):
                node[name] = value
    built = forest.finish()
    for row in np.flatnonzero(leaves > _MAX_LEAVES).tolist():
        built[row] = TooManyError(f"has over {_MAX_LEAVES} keys")
    return built


def _entries(
    index: AttributeIndex, prefix: str, wanted: npt.NDArray[np.bool_] | None
) -> Iterator[tuple[_Path, Found]]:
    """The keys below a prefix as paths, with their entries in the rows wanted."""
    for key in sorted(index.keys(prefix)):  # not as other spans happen to have them
        path, found = _path(key.removeprefix(prefix)), index.find(key)
        if path is None or found is None:
            continue
        if wanted is not None:
            kept = wanted[found.rows]
            found = Found(found.rows[kept], found.positions[kept])
        if len(found.rows):
            yield path, found


def _path(suffix: str) -> _Path | None:
    names = suffix.split(".", _MAX_DEPTH)
    if len(names) > _MAX_DEPTH or not all(names):
        return None
    path = tuple(int(name) if _INDEX.fullmatch(name) else name for name in names)
    return None if any(isinstance(each, str) and _NUMBER.fullmatch(each) for each in path) else path


def _items(node: _Node) -> _Node:
    return _Node((name, value) for name, value in node.items() if isinstance(name, int))


def _finished(node: _Node) -> Json:
    kinds = {type(name) for name in node}
    if kinds == {int}:
        return [node[name] for name in sorted(node, key=int)]
    if int in kinds:
        return {str(name): value for name, value in node.items()}
    return node
