"""The overview of an experiment: numbers and charts over one range of time."""

from datetime import UTC, datetime

import orjson
from starlette.requests import Request
from starlette.responses import Response

from spanlake.storage.pages.overview import Overview, read_overview
from spanlake.web.pages.rendering import render
from spanlake.web.pages.view_state import RANGES, ViewState
from spanlake.web.services import Services


class OverviewPage:
    """The page; what its charts draw is in an attribute of it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, request: Request) -> Response:
        """The numbers, with tables that need no script, and places for the charts."""
        state = ViewState.of("/overview", request.query_params)
        now = datetime.now(UTC)
        overview = await self._read(state, now)
        return render(
            request,
            "overview.html",
            state=state,
            overview=overview,
            models=_by_model(overview),
            ranges={key: word for key, (word, _) in RANGES.items()},
            range_name=RANGES[state.time_range][0] if state.time_range else "All time",
            traces_url=state.url("/traces"),
            data=_data(overview),
            query="SELECT date_trunc('hour', start_time) AS hour, sum(sample_weight) AS traces,\n"
            "    sum(sample_weight) FILTER (error_count > 0) AS failed,\n"
            "    sum(duration_ms * sample_weight) / sum(sample_weight) AS mean_ms,\n"
            "    sum(cost_usd * sample_weight) AS cost_usd\n"
            f"FROM traces\nWHERE {state.selection(now).condition().written_out()}\n"
            "GROUP BY hour\nORDER BY hour",
        )

    async def _read(self, state: ViewState, now: datetime) -> Overview:
        selection = state.selection(now)
        return await self._services.lakes.ask(lambda lake: read_overview(lake, selection))


def _data(overview: Overview) -> str:
    """What the charts draw, as JSON."""
    found = {
        "width": overview.width,
        "points": list(map(list, overview.points)),
        "models": list(map(list, overview.models)),
        "scores": list(map(list, overview.scores)),
    }
    return orjson.dumps(found).decode()


def _by_model(overview: Overview) -> list[tuple[str, int, int, int, float | None]]:
    """Model, calls, tokens in, tokens out and cost, the dearest first."""
    found: dict[str, tuple[int, int, int, float | None]] = {}
    for point in overview.models:
        calls, into, out, cost = found.get(point.model, (0, 0, 0, None))
        if point.cost_usd is not None:
            cost = (cost or 0.0) + point.cost_usd
        found[point.model] = (
            calls + point.calls,
            into + (point.input_tokens or 0),
            out + (point.output_tokens or 0),
            cost,
        )
    rows = [(model, *rest) for model, rest in found.items()]
    return sorted(rows, key=lambda row: (-(row[4] or 0.0), -row[1], row[0]))
