"""A collector inside this process, on free ports of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from spanlake.collector.service import Collector, Listening
from spanlake.config import Overrides, Settings
from spanlake.config.overrides import with_overrides


@contextmanager
def local_collector(data: str) -> Iterator[Listening]:
    """Run a collector while the context lasts; after that, all that it accepted is stored."""
    settings = with_overrides(Settings(), Overrides(data=data, grpc_port=0, http_port=0))
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            collector = asyncio.run_coroutine_threadsafe(_made(settings), loop).result()
            try:
                yield asyncio.run_coroutine_threadsafe(collector.start(), loop).result()
            finally:
                asyncio.run_coroutine_threadsafe(collector.stop(), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


async def _made(settings: Settings) -> Collector:
    """A collector belongs to the loop it is made in."""
    return Collector(settings)
