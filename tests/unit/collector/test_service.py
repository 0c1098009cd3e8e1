import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import grpc.aio
import httpx2
import pytest
from rows import span, write
from samples import sample
from wire import METHODS

from spanlake.collector.service import Collector, ListenError, Listening
from spanlake.config import Endpoint, Overrides, Settings, load_settings
from spanlake.entities import Signal
from spanlake.errors import UserError
from spanlake.storage.lake import Lake

BOTH = """
receivers: {otlp: {protocols: {grpc: {endpoint: 127.0.0.1:0}, http: {endpoint: 127.0.0.1:0}}}}
"""
HTTP_AT = "receivers: {{otlp: {{protocols: {{http: {{endpoint: {}}}}}}}}}"
TRACES_ONLY = (
    f"{BOTH}\nservice: {{pipelines: {{traces: {{receivers: [otlp], exporters: [lake]}}}}}}"
)

Load = Callable[[str], Settings]


@pytest.fixture
def settings(tmp_path: Path) -> Load:
    """Load the text of a file, with a lake of the test's own."""

    def load(text: str) -> Settings:
        file = tmp_path / "otel-config.yaml"
        file.write_text(text, encoding="utf-8")
        return load_settings(file, Overrides(str(tmp_path / "data")))

    return load


def run(settings: Settings, scenario: Callable[[Listening], Awaitable[object]]) -> None:
    """Play a scenario against a collector in this process."""

    async def play() -> None:
        collector = Collector(settings)
        try:
            await scenario(await collector.start())
        finally:
            await collector.stop()

    asyncio.run(play())


async def code_of_call(endpoint: Endpoint | None, signal: Signal) -> grpc.StatusCode:
    """What an export over gRPC ends with."""
    async with grpc.aio.insecure_channel(str(endpoint)) as channel:
        export: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            METHODS[signal]
        )
        return await export(sample(signal).payload).code()


async def status_of_post(endpoint: Endpoint | None, signal: Signal) -> str:
    """The status line of an export over HTTP."""
    assert endpoint is not None
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    body = sample(signal).payload
    writer.write(
        f"POST /v1/{signal} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
    )
    writer.write(body)
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line.decode().strip()


def test_a_collector_may_be_stopped_at_any_time(settings: Load) -> None:
    """To stop is safe before the start, after it, and twice."""

    async def play() -> None:
        never_started = Collector(settings(BOTH))
        await never_started.stop()
        await never_started.stop()
        collector = Collector(settings(BOTH))
        await collector.start()
        await collector.stop()
        await collector.stop()

    asyncio.run(play())


def test_a_collector_may_follow_another(settings: Load) -> None:
    """A stopped collector leaves its ports and its lake to the next."""

    async def play() -> None:
        first = Collector(settings(BOTH))
        at = await first.start()
        assert at.http is not None
        await first.stop()
        second = Collector(settings(HTTP_AT.format(at.http)))
        assert (await second.start()).http == at.http
        await second.stop()

    asyncio.run(play())


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_port_that_is_taken_is_the_users_mistake(tmp_path: Path, protocol: str) -> None:
    """A port that another program has is an error that names the protocol, and nothing is left."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = {"grpc_port": 0, "http_port": 0, f"{protocol}_port": other.getsockname()[1]}
        taken = load_settings(None, Overrides(str(tmp_path / "data"), **ports))

        async def play() -> None:
            collector = Collector(taken)
            with pytest.raises(ListenError, match=protocol) as caught:
                await collector.start()
            assert isinstance(caught.value, UserError)
            await collector.stop()

        asyncio.run(play())


def test_a_protocol_that_is_off_is_not_listened_for(settings: Load) -> None:
    """Without `grpc:` under protocols there is no gRPC, and HTTP serves as ever."""

    async def scenario(at: Listening) -> None:
        assert at.grpc is None
        assert await status_of_post(at.http, Signal.LOGS) == "HTTP/1.1 200 OK"

    run(settings(HTTP_AT.format("127.0.0.1:0")), scenario)


def test_a_signal_without_a_pipeline_is_refused(settings: Load) -> None:
    """OTLP 2: a signal that has no pipeline is UNIMPLEMENTED, or 404; the others are served."""

    async def scenario(at: Listening) -> None:
        assert await code_of_call(at.grpc, Signal.TRACES) is grpc.StatusCode.OK
        assert await status_of_post(at.http, Signal.TRACES) == "HTTP/1.1 200 OK"
        for signal in (Signal.LOGS, Signal.METRICS):
            assert await code_of_call(at.grpc, signal) is grpc.StatusCode.UNIMPLEMENTED
            assert await status_of_post(at.http, signal) == "HTTP/1.1 404 Not Found"

    run(settings(TRACES_ONLY), scenario)


def test_a_collector_samples_what_has_settled(tmp_path: Path, settings: Load) -> None:
    """With `tail_sampling` traces go by themselves; metrics and the audit log say so."""
    an_hour_ago = time.time_ns() // 1000 - 3_600_000_000
    write(tmp_path / "data", {**span("a"), "received_at": an_hour_ago})
    config = f"""
{BOTH}
processors: {{tail_sampling: {{decision_wait: 100ms, sampling_percentage: 0}}}}
exporters: {{lake: {{seal_interval: 100ms}}}}
service: {{pipelines: {{traces: {{
  receivers: [otlp], processors: [tail_sampling], exporters: [lake]}}}}}}
"""

    async def scenario(at: Listening) -> None:
        wanted = 'spanlake_tail_sampled_traces_total{decision="dropped"} 1.0'
        async with asyncio.timeout(60), httpx2.AsyncClient() as client:
            while wanted not in (await client.get(f"http://{at.http}/metrics")).text:  # noqa: ASYNC110  # it is polled
                await asyncio.sleep(0.1)

    run(settings(config), scenario)
    with Lake(tmp_path / "data") as lake:
        assert lake.sql("SELECT count(*) FROM spans").fetchall() == [(0,)]
        events = lake.sql("SELECT actor_type, action FROM audit").fetchall()
    assert events == [("server", "sampling.remove")]
