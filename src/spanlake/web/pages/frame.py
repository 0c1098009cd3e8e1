"""What every page has around it: the experiments to choose from, and how the lake is."""

import asyncio
import time

from starlette.requests import Request
from starlette.responses import Response

from spanlake.storage.experiment_overview import ExperimentOverview, experiment_overviews
from spanlake.storage.inventory import Inventory, take_inventory
from spanlake.storage.layout import Layout
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services

# Every page asks; reading every file's footer for each would be a waste.
_FRESH_SECONDS = 20.0


class FrameParts:
    """The parts of the frame that are loaded after the page."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._inventory: Inventory | None = None
        self._taken_at = 0.0
        self._lock = asyncio.Lock()

    async def experiments(self, request: Request) -> Response:
        """The options of the switcher."""
        found: list[ExperimentOverview] = await self._services.lakes.ask(experiment_overviews)
        listed = [each for each in found if each.archived_at is None]
        return render(request, "experiments.html", experiments=listed)

    async def status(self, request: Request) -> Response:
        """Rows, bytes, the last commit, damaged files."""
        async with self._lock:
            if self._inventory is None or time.monotonic() > self._taken_at + _FRESH_SECONDS:
                layout = Layout(self._services.root.absolute())
                self._inventory = await asyncio.to_thread(take_inventory, layout)
                self._taken_at = time.monotonic()
        return render(request, "status.html", inventory=self._inventory)
