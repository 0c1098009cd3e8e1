import asyncio
import threading
from pathlib import Path

import grpc
import grpc.aio
from samples import sample
from stored import stored
from wire import METHODS

from spanlake.access.gate import Gate
from spanlake.collector.budget import Budget
from spanlake.collector.commit import CommitSettings, GroupCommit
from spanlake.collector.grpc_receiver import GrpcReceiver
from spanlake.collector.intake import Intake
from spanlake.collector.metrics import CollectorMetrics
from spanlake.collector.submission import Submission, Table
from spanlake.collector.tabulate import tabulate_logs
from spanlake.collector.window import DedupWindow
from spanlake.config import Endpoint, GrpcProtocol
from spanlake.entities import Signal
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout


def test_a_call_that_is_given_up_is_in_flight_until_it_is_stored(tmp_path: Path) -> None:
    """OTLP 54: the bytes of a request whose client has gone count until the request is stored."""
    sent = sample(Signal.LOGS, 3)
    is_open = threading.Event()

    def held_up(group: list[Submission]) -> Table:
        assert is_open.wait(10)
        return tabulate_logs(group)

    async def play(writer: HotWriter) -> None:
        budget = Budget(1 << 20, retry_after=1)
        metrics = CollectorMetrics(budget)
        commit = GroupCommit(
            Signal.LOGS,
            "logs",
            tabulate=held_up,
            writer=writer,
            window=DedupWindow(60),
            settings=CommitSettings(1 << 20, compression_level=1, retry_after=1),
            observer=metrics,
            clock=lambda: 0.0,
        )
        intake = Intake({Signal.LOGS: commit}, budget, metrics)
        settings = GrpcProtocol(endpoint=Endpoint("127.0.0.1", 0))
        receiver = GrpcReceiver(intake, settings, Gate.open(is_local=True))
        endpoint = await receiver.start()
        async with grpc.aio.insecure_channel(str(endpoint)) as channel:
            export: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
                METHODS[Signal.LOGS]
            )
            call = export(sent.payload, timeout=0.3)
            assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert budget.taken == len(sent.payload)
        is_open.set()
        await receiver.stop(1)
        await intake.drain()
        assert budget.taken == 0

    with HotWriter(Layout(tmp_path)) as writer:
        writer.open_table("logs")
        asyncio.run(play(writer))
    assert len(stored(tmp_path, Signal.LOGS, sent.mark)) == 3
