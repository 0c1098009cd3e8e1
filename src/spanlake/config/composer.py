"""From a file to YAML nodes: bounded, composed by the safe loader, nothing constructed.

Anchors, aliases, tags, deep nesting and great numbers are refused: a configuration needs none of
them, and without them a small file stays small.
"""

from pathlib import Path
from typing import NamedTuple

import yaml

from spanlake.errors import ConfigError

_LARGEST_FILE = 1 << 20  # bytes
_DEEPEST = 20  # levels of nesting; the configuration has six
_MOST_NODES = 10_000  # keys and values; the configuration has about a hundred


class Composition(NamedTuple):
    """The text of a file and its root node, which is None if the file is empty."""

    text: str
    root: yaml.Node | None


def compose(path: Path) -> Composition:
    """Read a file; ConfigError if it cannot be read, or with the line that is no allowed YAML."""
    text = _text(path)
    try:
        return Composition(text, _Composer(text).get_single_node())
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        finding = "a control character is not allowed in YAML; remove it"
        raise ConfigError(f"{path}:{line}: {finding}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path}:{line}: {_finding(error)}") from None


class _RefusedError(yaml.MarkedYAMLError):
    """Valid YAML that a configuration has no use for."""


class _Composer(yaml.SafeLoader):
    """Composes nodes, and refuses what could make the result large or deep, or mean more."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node; _RefusedError if it is not to be had here."""
        event = self.peek_event()  # type: ignore[no-untyped-call] # untyped in the stubs
        refused = self._refused(event)
        if refused:
            raise _RefusedError(problem=refused, problem_mark=event.start_mark)
        self._depth += 1
        self._nodes += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _refused(self, event: yaml.Event) -> str | None:
        if getattr(event, "anchor", None) is not None:  # an alias has one too
            return "anchors and aliases (& and *) are not allowed; write the value out"
        if getattr(event, "tag", None) is not None:
            return "tags (!) are not allowed; remove it, or quote a text that starts with !"
        if self._depth > _DEEPEST:
            return f"nested deeper than {_DEEPEST} levels, as no configuration is; flatten it"
        if self._nodes > _MOST_NODES:
            return f"more than {_MOST_NODES} keys and values, as no configuration has; shorten it"
        return None


def _finding(error: yaml.MarkedYAMLError) -> str:
    if isinstance(error, _RefusedError):
        return str(error.problem)
    return f"not valid YAML: {error.problem}; check indentation, colons and quotes up to here"


def _text(path: Path) -> str:
    """Read the text of a file, and no more of it than is allowed."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(
            f"{path} cannot be read: {reason}; name a readable file, or none for the defaults"
        ) from None
    if len(content) > _LARGEST_FILE:
        raise ConfigError(f"{path} is larger than 1 MiB, as no configuration is; name another file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: the text is not UTF-8; save it as UTF-8") from None
