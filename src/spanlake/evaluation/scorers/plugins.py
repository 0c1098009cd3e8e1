"""Scorers by name: built in, of installed packages, of a module, or of a file with SQL."""

import importlib
import sys
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from inspect import signature
from pathlib import Path
from types import FunctionType
from typing import Any

from spanlake.errors import NotFoundError, UserError
from spanlake.evaluation.scorers.decorator import scorer
from spanlake.evaluation.scorers.scorer import Scorer, snake_case
from spanlake.evaluation.scorers.signature import takes_sample
from spanlake.evaluation.scorers.sql import SqlScorer

ENTRY_POINT_GROUP = "spanlake.scorers"
"""Where a package names its scorers: each a Scorer, a class of them, or a function."""

_FAMILIES = ("spanlake.evaluation.scorers.builtin", "spanlake.evaluation.scorers.judges")
"""Packages whose __all__ are classes of scorers."""


def load_scorer(named: str) -> Scorer:
    """The scorer that a text names, as on the command line.

    It is the name of one that is built in or a plugin, `module:attribute`, or the path of a file
    that ends with .sql. An attribute is a scorer, a function that could be one, or a class or
    function without parameters that makes one. Modules are also looked for in the working
    directory. UserError for what is no scorer, NotFoundError for what is not there.
    """
    if named.endswith(".sql"):
        return SqlScorer.of_file(Path(named))
    module, colon, attribute = named.partition(":")
    if colon:
        return _made(_attribute(module, attribute, named), named)
    if named in _builtin():
        return _made(_builtin()[named], named)
    plugins = {each.name: each for each in entry_points(group=ENTRY_POINT_GROUP)}
    if named in plugins:
        return _made(_loaded(plugins[named], named), named)
    known = [*_builtin(), *plugins]
    close = get_close_matches(named, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
    raise NotFoundError(
        f"the scorer is {named}: no scorer has that name; {hint} Your own is module:attribute, "
        "or a file that ends with .sql"
    )


def scorer_names() -> list[str]:
    """The names of the scorers that are built in and of plugins, sorted."""
    return sorted({*_builtin(), *(each.name for each in entry_points(group=ENTRY_POINT_GROUP))})


@cache
def _builtin() -> dict[str, type[Scorer]]:
    families = map(importlib.import_module, _FAMILIES)
    return {snake_case(name): getattr(each, name) for each in families for name in each.__all__}


def _attribute(module: str, attribute: str, named: str) -> object:
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: object = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and not f"{module}.".startswith(f"{error.name}."):
            raise UserError(f"the scorer is {named}: importing {module} fails: {error}") from error
        raise NotFoundError(
            f"the scorer is {named}: there is no module {module}, installed or in {Path.cwd()}"
        ) from None
    except Exception as error:
        raise UserError(
            f"the scorer is {named}: importing {module} fails: {type(error).__name__}: {error}"
        ) from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            close = get_close_matches(part, dir(found), n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise NotFoundError(f"the scorer is {named}: {module} has no {attribute}{hint}")
        found = getattr(found, part)
    return found


def _loaded(plugin: EntryPoint, named: str) -> object:
    try:
        return plugin.load()
    except Exception as error:
        package = plugin.dist.name if plugin.dist else plugin.value
        raise UserError(
            f"the scorer is {named}: the plugin {package} cannot be loaded: "
            f"{type(error).__name__}: {error}"
        ) from error


def _made(found: object, named: str) -> Scorer:
    """The scorer that was found, or made by what was."""
    if isinstance(found, Scorer):
        return found
    if isinstance(found, FunctionType) and takes_sample(found):
        return scorer(found)
    made = _call(found, named) if _makes_scorers(found) else None
    if isinstance(made, Scorer):
        return made
    raise UserError(
        f"the scorer is {named}, which is of type {type(found).__name__}: must be a scorer; "
        "@spanlake.scorer makes one of a function"
    )


def _makes_scorers(found: object) -> bool:
    """Whether it is a class of scorers, or a function that needs no parameters."""
    if isinstance(found, type):
        return issubclass(found, Scorer)
    return isinstance(found, FunctionType) and not signature(found).parameters


def _call(maker: Any, named: str) -> object:  # noqa: ANN401  # a class or function
    try:
        return maker()
    except TypeError as error:
        raise UserError(
            f"the scorer is {named}: it needs parameters; {error}; make one with them in a "
            "module of your own, and name it module:attribute"
        ) from error
