"""The catalog of a running server: what it learns from requests, and what it gives them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from postgres import PostgresServer
from samples import resource_of, sample, span, text, traces
from server import RunningServer, wait_until
from wire import Client, Transport

import spanlake
from spanlake.entities import Signal

ON_POSTGRES = "extensions: {{spanlake_catalog: {{url: '{}'}}}}"


def command(data: Path, *arguments: str) -> Any:  # noqa: ANN401  # any JSON
    """Run a command of Spanlake on the data of a server, told nothing but where they are."""
    program = [sys.executable, "-m", "spanlake", *arguments]
    program += ["--data", str(data), "--format", "json"]
    done = subprocess.run(program, check=True, capture_output=True, timeout=60)
    return json.loads(done.stdout)


def ask(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with spanlake.connect(data) as lake:
        return lake.sql(query, values).fetchall()


def experiments(data: Path) -> set[str]:
    return {name for (name,) in ask(data, "SELECT name FROM experiments")}


def model_call(model: str) -> Any:  # noqa: ANN401  # a request
    tokens = KeyValue(key="gen_ai.usage.input_tokens", value=AnyValue(int_value=1_000_000))
    attributes = [
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        text("gen_ai.request.model", model),
        tokens,
    ]
    return traces(span(attributes=attributes)).request


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("signal", Signal)
def test_an_experiment_appears_with_its_first_request(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """A name in the header of a request of any kind is an experiment soon after the answer."""
    name = f"header {transport} {signal}"
    headers = {"x-spanlake-experiment": name}
    answer = client.send(transport, signal, sample(signal).request, headers=headers)
    assert answer.code is grpc.StatusCode.OK
    wait_until(lambda: name in experiments(server.data))
    assert ask(server.data, "SELECT count(*) FROM experiments WHERE name = ?", name) == [(1,)]


def test_names_on_spans_and_resources(server: RunningServer, client: Client) -> None:
    """A name on a span or on its resource is an experiment; so is a service without any."""
    own = traces(span(attributes=[text("spanlake.experiment", "on the span")])).request
    client.send(Transport.GRPC, Signal.TRACES, own)
    shared = traces(span()).request
    resource_of(shared).attributes.append(text("spanlake.experiment", "on the resource"))
    client.send(Transport.GRPC, Signal.TRACES, shared)
    client.send(Transport.GRPC, Signal.TRACES, traces(span()).request)
    expected = {"on the span", "on the resource", "tests", "default"}
    wait_until(lambda: expected <= experiments(server.data))
    listed = {each["name"]: each for each in command(server.data, "experiments", "list")}
    assert listed["on the span"]["span_count"] == 1
    assert "default" in listed


def test_a_custom_price_is_used_within_seconds(server: RunningServer, client: Client) -> None:
    """Spans that come after a price was set beside the server cost that price, and name it."""
    (made,) = command(server.data, "prices", "set", "our-*", "--provider", "openai", "--input", "3")

    def costs(model: str) -> set[tuple[Any, ...]]:
        client.send(Transport.GRPC, Signal.TRACES, model_call(model))
        query = "SELECT cost_usd, cost_source, price_version FROM spans WHERE model = ?"
        return set(ask(server.data, query, model))

    wait_until(lambda: (3.0, "computed", made["price_version"]) in costs("our-model"))
    assert {version for _, _, version in costs("gpt-4o")} != {made["price_version"]}


@pytest.fixture
def broken(data: Path) -> Iterator[RunningServer]:
    """A server whose catalog cannot be."""
    data.mkdir()
    (data / "catalog.sqlite").mkdir()
    with RunningServer(data) as running:
        yield running


def test_a_catalog_that_cannot_be_costs_no_span(broken: RunningServer) -> None:
    """With a catalog that cannot be used every request is stored as ever, which is said once."""
    with Client(broken) as client:
        for transport in Transport:
            headers = {"x-spanlake-experiment": "unheard of"}
            call = model_call("gpt-4o")
            answer = client.send(transport, Signal.TRACES, call, headers=headers)
            assert answer.code is grpc.StatusCode.OK
    assert ask(broken.data, "SELECT count(*), min(cost_usd) FROM spans") == [(3, 2.5)]
    assert broken.get("/readyz")[0] == 200
    assert broken.metric("spanlake_catalog_up") == 0
    broken.stop()
    assert broken.log().count("collector.catalog_unavailable") == 1


def test_a_catalog_that_appears_learns_what_it_missed(broken: RunningServer) -> None:
    """Once the catalog can be used, what was seen before is in it."""
    with Client(broken) as client:
        headers = {"x-spanlake-experiment": "missed"}
        client.send(Transport.GRPC, Signal.LOGS, sample(Signal.LOGS).request, headers=headers)
    (broken.data / "catalog.sqlite").rmdir()
    wait_until(lambda: broken.metric("spanlake_catalog_up") == 1, seconds=30)
    wait_until(lambda: "missed" in experiments(broken.data))


@pytest.mark.postgres
def test_commands_find_the_catalog_of_a_server(data: Path, postgres: PostgresServer) -> None:
    """A command that is told the data directory finds a server's catalog in Postgres."""
    url = postgres.new_database()
    with RunningServer(data, config=ON_POSTGRES.format(url)) as server:
        (made,) = command(data, "experiments", "create", "by hand")
        assert made["name"] == "by hand"
        with Client(server) as client:
            headers = {"x-spanlake-experiment": "seen"}
            request = sample(Signal.TRACES).request
            client.send(Transport.PROTOBUF, Signal.TRACES, request, headers=headers)
        wait_until(lambda: {"default", "by hand", "seen"} <= experiments(data))
    assert not (data / "catalog.sqlite").exists()
    assert {"default", "by hand", "seen"} <= experiments(data)
