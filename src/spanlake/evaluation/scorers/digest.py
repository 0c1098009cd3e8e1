"""The digest of a scorer: the same while its code, its parameters and its model are the same.

Layout, comments, docstrings and annotations do not count. What a function closes over counts, its
defaults, and the functions and values of its own package that it uses. Code of other packages
counts by its name; code of Spanlake by its name and version.
"""

import enum
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import PurePath
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

from spanlake.evaluation.scorers.code_text import code_text, used_globals

Described = Any
"""A JSON value that is the same in every process."""

_LENGTH = 32
_MAX_DEPTH = 20
_OURS = "spanlake"
_GENERATED = "<string>"
"""The file of the methods that dataclasses write."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def digest_of(value: object) -> str:
    """32 hexadecimal digits for a scorer, a function or any other value."""
    described = json.dumps(_Description().of_value(value), sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:_LENGTH]


class _Description:
    """What a value depends on. One object a digest: it knows what it is just describing."""

    def __init__(self) -> None:
        self._open: list[object] = []
        self._kinds: tuple[tuple[Any, Callable[[Any], Described]], ...] = (
            (enum.Enum, lambda one: [type(one).__qualname__, one.name]),
            ((int, float, complex, str), lambda one: {type(one).__name__: repr(one)}),
            (FunctionType, self._of_function),
            (partial, lambda one: self.of_value([one.func, one.args, one.keywords])),
            (MethodType, lambda one: [self.of_value(one.__func__), self.of_value(one.__self__)]),
            ((ModuleType, BuiltinFunctionType), lambda one: one.__name__),
            (type, self._of_class),
            (Mapping, self._of_mapping),
            ((list, tuple), lambda one: [self.of_value(each) for each in one]),
            ((set, frozenset), lambda one: {"set": _sorted(map(self.of_value, one))}),
            ((bytes, bytearray), lambda one: {"bytes": hashlib.sha256(one).hexdigest()}),
            (re.Pattern, lambda one: {"pattern": one.pattern, "flags": one.flags}),
            (PurePath, str),
            (object, self._of_object),
        )

    def of_value(self, value: object) -> Described:
        if value is None or type(value) in (bool, int, str):
            return value
        if any(value is each for each in self._open) or len(self._open) > _MAX_DEPTH:
            return "..."  # a circle, such as a function that calls itself
        self._open.append(value)
        try:
            return next(how for kind, how in self._kinds if isinstance(value, kind))(value)
        finally:
            self._open.pop()

    def _of_mapping(self, held: Mapping[Any, Any]) -> Described:
        return {"items": _sorted([self.of_value(key), self.of_value(held[key])] for key in held)}

    def _of_function(self, function: FunctionType) -> Described:
        if _package(function) == _OURS:
            return function.__qualname__
        return {"code": code_text(function), "uses": self._used(function)}

    def _of_class(self, kind: type) -> Described:
        if _package(kind) == _OURS:
            return [kind.__qualname__, getattr(kind, "version", None)]
        if _package(kind) == "builtins":
            return kind.__qualname__
        methods = {
            name: method
            for name, method in sorted(vars(kind).items())
            if isinstance(method, FunctionType)
            and (method.__code__.co_filename != _GENERATED or name == "__call__")
        }
        return {
            "code": code_text(kind) or [code_text(method) for method in methods.values()],
            "uses": [self._used(method) for method in methods.values()],
            "bases": [self._of_foreign(base, _package(kind)) for base in kind.__bases__],
        }

    def _of_object(self, value: object) -> Described:
        """Its class and its attributes, unless it has a digest of its own or no attributes."""
        is_part = len(self._open) > 1
        own = getattr(value, "digest", None) if is_part else None
        if isinstance(own, str):
            return {"digest": own}
        kind = self.of_value(type(value))
        if _package(type(value)) == "functools" and hasattr(value, "__wrapped__"):
            return [kind, self.of_value(value.__wrapped__)]  # a function behind a cache
        attributes = _attributes(value)
        if attributes is None:
            return [kind, _ADDRESS.sub("", repr(value))]
        hidden = getattr(value, "presentation", ())
        left_out = hidden if isinstance(hidden, frozenset) else ()
        held = {
            name: self.of_value(attribute)
            for name, attribute in attributes.items()
            if name not in left_out and not name.startswith("_") and name != "digest"
        }
        return [kind, held]

    def _used(self, function: FunctionType) -> Described:
        """What a function needs from around it."""
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        package = _package(function)
        return {
            "defaults": self.of_value([function.__defaults__, function.__kwdefaults__]),
            "closure": [[name, self._of_foreign(_content(cell), package)] for name, cell in cells],
            "globals": [
                [name, self._of_foreign(function.__globals__[name], package)]
                for name in used_globals(function)
            ],
        }

    def _of_foreign(self, value: object, package: str) -> Described:
        """A value as the code of a package uses it: code of another package by its name."""
        if isinstance(value, FunctionType | type) and _package(value) not in (package, _OURS):
            return value.__qualname__
        return self.of_value(value)


def _attributes(value: object) -> dict[str, object] | None:
    """Those in its dict and its slots; None for what has neither, such as a date."""
    slots = [name for kind in type(value).__mro__ for name in vars(kind).get("__slots__", ())]
    if not slots and not hasattr(value, "__dict__"):
        return None
    slotted = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    return slotted | getattr(value, "__dict__", {})


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _package(code: FunctionType | type) -> str:
    return (code.__module__ or "").partition(".")[0]


def _sorted(described: Iterable[Described]) -> list[Described]:
    return sorted(described, key=lambda each: json.dumps(each, sort_keys=True))
