"""Runs every check over every transport of an endpoint."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException

from spanlake.testing.otlp_conformance import checks
from spanlake.testing.otlp_conformance.client import Client
from spanlake.testing.otlp_conformance.endpoint import Endpoint
from spanlake.testing.otlp_conformance.payloads import sample
from spanlake.testing.otlp_conformance.probe import (
    NonConformance,
    NotApplicable,
    Probe,
    check_of,
)
from spanlake.testing.otlp_conformance.reader import Reader
from spanlake.testing.otlp_conformance.statement import Statement, Transport, statements

__all__ = ["Outcome", "Result", "checks", "run"]

# A connection that breaks once may be the machine's fault.
_ATTEMPTS, _PAUSE_SECONDS = 3, 2.0
# It ends the server.
_LAST = 34
# They are about whether a transport is there at all, and are asked of one that is not.
_OF_SERVING = {1, 2, 3}


class Outcome(StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105  # no password
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one statement over one transport. reason: empty when it holds."""

    statement: Statement
    transport: Transport
    outcome: Outcome
    reason: str = ""


def run(
    endpoint: Endpoint,
    reader: Reader | None,
    *,
    numbers: frozenset[int] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Result]:
    """Hold an endpoint against the statements; a result a statement and transport, by number.

    numbers: of the statements; all of them when None. progress: is told (done, total).
    """
    wanted = [each for each in statements() if numbers is None or each.number in numbers]
    ordered = sorted(wanted, key=lambda each: (each.number == _LAST, each.number))
    total = sum(len(each.transports) for each in ordered)
    results = []
    for result in _results(endpoint, reader, ordered):
        results.append(result)
        progress(len(results), total)
    ways = list(Transport)
    return sorted(results, key=lambda each: (each.statement.number, ways.index(each.transport)))


def _results(
    endpoint: Endpoint, reader: Reader | None, ordered: list[Statement]
) -> Iterator[Result]:
    shared: dict[str, object] = {}
    with Client(endpoint) as client:
        probes = {
            transport: Probe(endpoint, transport, client, reader, shared) for transport in Transport
        }
        missing = {transport: _missing(probe) for transport, probe in probes.items()}
        for statement in ordered:
            for transport in Transport:
                if transport not in statement.transports:
                    continue
                reason = missing[transport]
                is_asked = statement.number in _OF_SERVING and _has_port(endpoint, transport)
                if reason and not is_asked:
                    yield Result(statement, transport, Outcome.NOT_APPLICABLE, reason)
                else:
                    yield _checked(statement, probes[transport])


def _missing(probe: Probe) -> str:
    """Why a transport cannot be tested, or empty."""
    if not _has_port(probe.endpoint, probe.transport):
        return f"no endpoint for {probe.transport} is given"
    try:
        answer = probe.send(sample().request)
    except (OSError, HTTPException) as error:
        return f"{probe.transport} is not served: {error}"
    return "" if answer.accepted else f"{probe.transport} is not served: {answer}"


def _has_port(endpoint: Endpoint, transport: Transport) -> bool:
    return (endpoint.grpc if transport is Transport.GRPC else endpoint.http) is not None


def _checked(statement: Statement, probe: Probe) -> Result:
    def result(outcome: Outcome, reason: object = "") -> Result:
        return Result(statement, probe.transport, outcome, str(reason))

    for attempt in range(_ATTEMPTS):
        try:
            check_of(statement.number)(probe)
        except NonConformance as finding:
            return result(Outcome.FAIL, finding)
        except NotApplicable as finding:
            return result(Outcome.NOT_APPLICABLE, finding)
        except (OSError, HTTPException) as error:
            if attempt + 1 == _ATTEMPTS:
                return result(Outcome.FAIL, f"no answer: {type(error).__name__}: {error}")
            time.sleep(_PAUSE_SECONDS)
        else:
            break
    return result(Outcome.PASS)
