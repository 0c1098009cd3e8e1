"""The collector's HTTP door and all behind it in this process, for very many requests."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from starlette.applications import Starlette
from starlette.types import Message, Scope
from wire import HttpAnswer

from spanlake.access.gate import Gate
from spanlake.collector.budget import Budget
from spanlake.collector.commit import CommitSettings, GroupCommit
from spanlake.collector.http_receiver import HttpReceiver
from spanlake.collector.intake import Intake
from spanlake.collector.metrics import CollectorMetrics
from spanlake.collector.submission import Tabulate
from spanlake.collector.tabulate import tabulate_logs, tabulate_metrics, tabulate_spans
from spanlake.collector.window import DedupWindow
from spanlake.config import HttpProtocol
from spanlake.entities import Signal
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLE_OF

_TABULATE: dict[Signal, Tabulate] = {
    Signal.TRACES: tabulate_spans,
    Signal.LOGS: tabulate_logs,
    Signal.METRICS: tabulate_metrics,
}
_SETTINGS = CommitSettings(max_bytes=16 << 20, compression_level=1, retry_after=1.0)
_BUDGET = 512 << 20
_HOUR = 3600.0


class Post(NamedTuple):
    """One HTTP request to the path of a signal, with its Content-Type and Content-Encoding."""

    signal: Signal
    body: bytes
    content_type: str
    content_encoding: str = ""


class InProcess:
    """A collector whose requests come through no socket. limit: bytes of a body at most."""

    def __init__(self, data: Path, *, limit: int = 64 << 20) -> None:
        self.data = data
        self._runner = asyncio.Runner()
        self._writer = HotWriter(Layout(data))
        budget = Budget(_BUDGET, retry_after=1.0)
        self._metrics = CollectorMetrics(budget)
        self._intake = Intake(
            {signal: self._commit(signal) for signal in Signal}, budget, self._metrics
        )
        settings = HttpProtocol(max_request_body_size=limit)
        gate = Gate.open(is_local=False)
        self._app = Starlette(routes=HttpReceiver(self._intake, settings, gate).routes())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._intake.drain())
        self._runner.close()
        self._writer.close()

    def send(self, posts: Sequence[Post]) -> list[HttpAnswer]:
        """Send all of these at the same time, so that they meet in groups; return their answers."""
        return self._runner.run(self._send(posts))

    async def _send(self, posts: Sequence[Post]) -> list[HttpAnswer]:
        return await asyncio.gather(*(self._post(each) for each in posts))

    async def _post(self, post: Post) -> HttpAnswer:
        # The app is called as a server calls it: a client would cost more than what is tested.
        # What the app raises is raised here: no fault of it hides behind a status.
        answer: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": post.body, "more_body": False}

        async def send(message: Message) -> None:
            answer.append(message)

        await self._app(_scope(post), receive, send)
        start, *parts = answer
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return HttpAnswer(start["status"], headers, b"".join(each["body"] for each in parts))

    def accepted(self, signal: Signal) -> int:
        """How many items the collector counts as stored."""
        sample = self._metrics.registry.get_sample_value(
            "spanlake_accepted_items_total", {"signal": signal}
        )
        return int(sample or 0)

    def _commit(self, signal: Signal) -> GroupCommit:
        self._writer.open_table(TABLE_OF[signal])
        return GroupCommit(
            signal,
            TABLE_OF[signal],
            tabulate=_TABULATE[signal],
            writer=self._writer,
            window=DedupWindow(_HOUR),
            settings=_SETTINGS,
            observer=self._metrics,
            clock=time.perf_counter,
        )


def _scope(post: Post) -> Scope:
    # A header may be any bytes; a text is taken for that of Latin 1, as it is on the wire.
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": f"/v1/{post.signal}",
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", b"spanlake"),
            (b"content-type", post.content_type.encode("latin-1")),
            (b"content-encoding", post.content_encoding.encode("latin-1")),
            (b"content-length", str(len(post.body)).encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("spanlake", 80),
    }
