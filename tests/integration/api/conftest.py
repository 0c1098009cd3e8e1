import os
from collections.abc import Iterator
from typing import NamedTuple

import httpx2
import pytest
from samples import span, text, traces
from server import RunningServer
from wire import Client, Transport

from spanlake.entities import Signal


class Traced(NamedTuple):
    """The ids of a stored trace, its only span and its session."""

    trace_id: str
    span_id: str
    session_id: str


@pytest.fixture(scope="session")
def api(server: RunningServer) -> Iterator[httpx2.Client]:
    """A client of the API of a real server."""
    with httpx2.Client(base_url=f"http://{server.http}", timeout=30) as client:
        yield client


@pytest.fixture
def traced(client: Client) -> Traced:
    """A trace that was sent over OTLP and is stored."""
    session = f"session {os.urandom(4).hex()}"
    sent = span(
        "answer", attributes=[text("session.id", session), text("spanlake.experiment", "api")]
    )
    client.send(Transport.PROTOBUF, Signal.TRACES, traces(sent).request)
    return Traced(sent.trace_id.hex(), sent.span_id.hex(), session)
