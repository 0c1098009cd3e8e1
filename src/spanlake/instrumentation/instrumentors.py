"""Finds the installed instrumentors, takes one for each library, and switches it on."""

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from operator import attrgetter
from typing import NamedTuple

from spanlake.errors import UserError
from spanlake.instrumentation import environment
from spanlake.instrumentation.instrumentor_table import (
    InstrumentorTable,
    Native,
    instrumentor_table,
)

_log = logging.getLogger(__name__)
GROUP = "opentelemetry_instrumentor"


class _UnusableError(Exception):
    """What an instrumentor traces is not installed, or in a version that it does not know."""


class Choice(NamedTuple):
    """What traces a library. instead_of: other instrumentors of it, each with the reason."""

    library: str
    distribution: str
    instead_of: tuple[str, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        line = f"{self.library}: {self.distribution}"
        return (
            f"{line}, not {' or '.join(self.instead_of)}: {self.why}" if self.instead_of else line
        )


class _Candidate(NamedTuple):
    library: str
    distribution: str
    order: int
    why: str
    switch_on: Callable[[], None]
    is_on: Callable[[], bool]


def instrument(
    *, only: Iterable[str] | None, exclude: Iterable[str], records_content: bool
) -> list[Choice]:
    """Switch on an instrumentor for every library, or for those named, but never for `exclude`.

    What the app has switched on itself stays as it is. One that fails is logged, and the next best
    is taken. Raises UserError when `only` names a library for which nothing is installed.
    """
    table = instrumentor_table()
    _set_variables(table, records_content=records_content)
    unwanted = {table.library(name) for name in (*exclude, *environment.disabled_instrumentors())}
    wanted = None if only is None else {table.library(name) for name in only}
    found = _found(table)
    if wanted is not None:
        _check_installed(wanted, found, table)
    if "*" in unwanted:
        return []
    chosen = (
        _first_that_works(library, candidates)
        for library, candidates in sorted(found.items())
        if library not in unwanted and (wanted is None or library in wanted)
    )
    return [choice for choice in chosen if choice is not None]


def _set_variables(table: InstrumentorTable, *, records_content: bool) -> None:
    for name, value in (table.content if records_content else table.no_content).items():
        os.environ.setdefault(name, value)


def _found(table: InstrumentorTable) -> dict[str, list[_Candidate]]:
    """The installed instrumentors of each library, the best first."""
    found: dict[str, list[_Candidate]] = {}
    for candidate in (*_entry_points(table), *_natives(table)):
        found.setdefault(candidate.library, []).append(candidate)
    return {name: sorted(found[name], key=lambda each: (each.order, each[1])) for name in found}


def _entry_points(table: InstrumentorTable) -> Iterator[_Candidate]:
    for point in entry_points(group=GROUP):
        distribution = _distribution(point)
        library = table.library(point.name)
        order, why = table.rank(library, distribution)
        yield _Candidate(
            library, distribution, order, why,
            lambda point=point: _switch_on(point),  # type: ignore[misc]  # bound in the loop
            lambda point=point: _is_on(point),  # type: ignore[misc]  # the same
        )  # fmt: skip


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module


def _switch_on(point: EntryPoint) -> None:
    instrumentor = point.load()()
    try:
        # What is missing or of another version is told by an exception rather than the log.
        instrumentor.instrument(raise_exception_on_conflict=True)
    except Exception as error:
        if type(error).__name__ == "DependencyConflictError":
            raise _UnusableError(str(error)) from error
        raise


def _is_on(point: EntryPoint) -> bool:
    """Whether the app has switched it on; what was never imported need not be to tell."""
    if point.module not in sys.modules:
        return False
    instrumentor = getattr(point.load(), "_instance", None)
    return bool(getattr(instrumentor, "is_instrumented_by_opentelemetry", False))


def _natives(table: InstrumentorTable) -> Iterator[_Candidate]:
    for native in table.natives:
        if find_spec(native.module) is not None:
            yield _Candidate(
                native.name, native.module, -1, "it traces itself",
                lambda native=native: _call(native), lambda: False,  # type: ignore[misc]  # the same
            )  # fmt: skip


def _call(native: Native) -> None:
    attrgetter(native.call)(import_module(native.module))()


def _check_installed(
    wanted: set[str], found: Mapping[str, Sequence[_Candidate]], table: InstrumentorTable
) -> None:
    for library in sorted(wanted - found.keys()):
        package = table.packages.get(library)
        advice = f"pip install {package}" if package else f"installed are: {', '.join(found)}"
        raise UserError(f"instrument has {library!r}, for which no instrumentor is found: {advice}")


def _first_that_works(library: str, candidates: Sequence[_Candidate]) -> Choice | None:
    on = next((each for each in candidates if each.is_on()), None)
    if on is not None:
        others = tuple(each.distribution for each in candidates if each is not on)
        return Choice(library, on.distribution, others, "the app has switched it on itself")
    for index, candidate in enumerate(candidates):
        try:
            candidate.switch_on()
        except _UnusableError as reason:
            _log.info("%s is passed over: %s", candidate.distribution, reason)
        except Exception as error:  # noqa: BLE001  # an instrumentor's fault is not the app's
            _log.warning(
                "%s does not work here and is passed over: %s: %s",
                candidate.distribution, type(error).__name__, error,
            )  # fmt: skip
        else:
            others = tuple(each.distribution for each in candidates[index + 1 :])
            return Choice(library, candidate.distribution, others, candidate.why)
    return None
