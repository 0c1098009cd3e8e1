"""Which of the five things a sample has a scorer takes, by the names of its parameters."""

import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

from spanlake.errors import UserError

SAMPLE_PARTS = ("inputs", "outputs", "expectations", "trace", "session")
_SINGLE_TURN = frozenset({"inputs", "outputs", "trace"})
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Parts(NamedTuple):
    """Parts of a sample by name: those a scorer takes, and those it cannot be called without."""

    wanted: frozenset[str]
    required: frozenset[str]


@lru_cache(maxsize=4096)
def parts_of(function: Callable[..., Any], *, is_session_level: bool = False) -> Parts:
    """The parts a function takes by name; one with **kwargs takes all there are at its level.

    Other parameters need a default. UserError when one has none.
    """
    parameters = [
        each for each in inspect.signature(function).parameters.values() if each.name != "self"
    ]
    for parameter in parameters:
        _check(parameter, function)
    ours = [each for each in parameters if each.name in SAMPLE_PARTS]
    wanted = frozenset(each.name for each in ours)
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        rest = {"session"} if is_session_level or "session" in wanted else _SINGLE_TURN
        wanted |= {"expectations", *rest}
    return Parts(wanted, frozenset(each.name for each in ours if each.default is each.empty))


def takes_sample(function: Callable[..., Any]) -> bool:
    """Whether a function takes a part of a sample, as scorers do, by the name of a parameter."""
    return not inspect.signature(function).parameters.keys().isdisjoint(SAMPLE_PARTS)


def check_level(name: str, wants: Iterable[str]) -> None:
    """Refuse a scorer that takes a whole session and one turn of it at the same time."""
    mixed = _SINGLE_TURN.intersection(wants)
    if mixed and "session" in wants:
        raise UserError(
            f"the scorer {name} takes session and {', '.join(sorted(mixed))}: one that takes "
            "session is called once a session and can take only expectations beside it; "
            "the turns are in session.traces"
        )


def _check(parameter: inspect.Parameter, function: Callable[..., Any]) -> None:
    called = getattr(function, "__qualname__", repr(function)).removesuffix(".__call__")
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        raise UserError(
            f"the scorer {called} takes {parameter.name} by position only: "
            "scorers are called by keyword; remove the / from its parameters"
        )
    is_ours = parameter.name in SAMPLE_PARTS or parameter.default is not parameter.empty
    if parameter.kind in _NAMED and not is_ours:
        close = get_close_matches(parameter.name, SAMPLE_PARTS, n=1)
        hint = f"; did you mean {close[0]}?" if close else "; give it a default if it is your own"
        raise UserError(
            f"the scorer {called} takes {parameter.name}: "
            f"a scorer can take {', '.join(SAMPLE_PARTS)}{hint}"
        )
