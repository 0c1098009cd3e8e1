"""Questions to the catalog from an event loop: each in a thread, with a catalog of its own."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from spanlake.storage.catalog.catalog import Catalog
from spanlake.web.services import Services

_T = TypeVar("_T")


async def with_catalog(services: Services, work: Callable[[Catalog], _T]) -> _T:
    """What the work returns or raises, run beside the event loop."""

    def run() -> _T:
        with services.catalog() as catalog:
            return work(catalog)

    return await asyncio.to_thread(run)
