"""Versions of apps: the list, one, and several side by side."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.errors import UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.version import AliasMove, Version
from spanlake.storage.catalog.version_moves import alias_moves
from spanlake.storage.catalog.versions import get_version, list_versions
from spanlake.storage.condition import literal
from spanlake.storage.lake import Lake
from spanlake.storage.versions.comparison import Comparison, Side, compare_versions, traffic_of
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services

_PAGE_ROWS = 50
_SHOWN_METRICS = 3
_FEWEST, _MOST = 2, 8
_MOVES = 50


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A line of the comparison. is_same: all sides say the same."""

    name: str
    values: tuple[str | None, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return len(set(self.values)) == 1


class VersionPages:
    """The versions that spans have named, and those that builds have."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show_list(self, request: Request) -> Response:
        """The newest first, with what their traces come to."""
        search = request.query_params.get("q", "")
        experiment = request.query_params.get("experiment") or None
        page = max(1, min(count_of(request.query_params.get("page")), 1_000_000))
        every = await with_catalog(
            self._services, lambda catalog: list_versions(catalog, experiment=experiment)
        )
        found = [each for each in every if _says(each, search)]
        first = (page - 1) * _PAGE_ROWS
        shown = found[first : first + _PAGE_ROWS]
        traffic = await self._services.lakes.ask(lambda lake: traffic_of(lake, shown))
        counts = Counter(name for each in shown for name in each.metrics)
        pages = math.ceil(len(found) / _PAGE_ROWS)
        return render(
            request,
            "versions/list.html",
            versions=shown,
            traffic=traffic,
            metrics=[name for name, _ in counts.most_common(_SHOWN_METRICS)],
            search=search,
            is_any=bool(every),
            total=len(found),
            first=first + 1,
            page=page,
            pages=pages,
            previous=_at_page(request, page - 1),
            following=_at_page(request, page + 1),
            query=_query(experiment),
        )

    async def show(self, request: Request) -> Response:
        """One version: how it was made, how it measured, and the traces it made."""
        name = request.path_params["version_id"]

        def read(catalog: Catalog) -> tuple[Version, list[AliasMove]]:
            version = get_version(catalog, name, experiment=_experiment(request))
            return version, _moves(catalog, [version])

        version, moves = await with_catalog(self._services, read)
        traffic = await self._services.lakes.ask(lambda lake: traffic_of(lake, [version]))
        return render(
            request,
            "versions/compare.html",
            experiment=_experiment(request),
            sides=(Side(version, traffic[version.version_id]),),
            params=_lines([version.params]),
            metrics={name: [value] for name, value in version.metrics.items()},
            scores={},
            moves=moves,
            query=f"FROM versions\nWHERE version_id = {literal(version.version_id)}",
        )

    async def compare(self, request: Request) -> Response:
        """Several side by side, in the order of the URL; of the selected ones the oldest first."""
        ids = [each for each in request.query_params.get("ids", "").split(",") if each]
        if not _FEWEST <= len(ids) <= _MOST:
            raise UserError(
                f"{len(ids)} versions are selected: select {_FEWEST} to {_MOST} to compare them"
            )

        def read(catalog: Catalog) -> tuple[list[Version], list[AliasMove]]:
            versions = [get_version(catalog, each, experiment=_experiment(request)) for each in ids]
            return versions, _moves(catalog, versions)

        versions, moves = await with_catalog(self._services, read)
        if request.query_params.get("order") == "oldest":
            ordered = sorted(versions, key=lambda each: each.created_at)
            chosen = ",".join(each.version_id for each in ordered)
            return RedirectResponse("/versions/compare?" + urlencode({"ids": chosen}), 303)

        def ask(lake: Lake) -> Comparison:
            return compare_versions(lake, versions)

        found = await self._services.lakes.ask(ask)
        return render(
            request,
            "versions/compare.html",
            experiment=_experiment(request),
            sides=found.sides,
            params=_lines([each.params for each in versions]),
            metrics=found.metrics,
            scores=found.scores,
            moves=moves,
            query="FROM versions\n"
            f"WHERE list_contains({literal([each.version_id for each in versions])}, version_id)",
        )


def _experiment(request: Request) -> str | None:
    return request.query_params.get("experiment") or None


def _says(version: Version, search: str) -> bool:
    words = (
        version.name,
        version.description or "",
        version.git.commit or "",
        version.git.branch or "",
        *version.aliases,
        *version.params.values(),
        *version.tags.values(),
    )
    return search.strip().lower() in " ".join(words).lower()


def _lines(maps: Sequence[Mapping[str, str]]) -> tuple[SideBySide, ...]:
    """All parameters, those that differ first."""
    names = sorted({name for each in maps for name in each})
    lines = [SideBySide(name, tuple(each.get(name) for each in maps)) for name in names]
    return tuple(sorted(lines, key=lambda line: line.is_same))


def _moves(catalog: Catalog, versions: Sequence[Version]) -> list[AliasMove]:
    """The last moves of aliases that touched any of these versions."""
    names = {(each.experiment, each.name) for each in versions}
    experiments = {each.experiment for each in versions}
    moves = [
        move for experiment in experiments for move in alias_moves(catalog, experiment=experiment)
    ]
    touched = [
        move
        for move in moves
        if {(move.experiment, move.version), (move.experiment, move.previous)} & names
    ]
    return sorted(touched, key=lambda move: move.moved_at, reverse=True)[:_MOVES]


def _query(experiment: str | None) -> str:
    where = f"\nWHERE experiment = {literal(experiment)}" if experiment else ""
    return f"FROM versions{where}\nORDER BY created_at DESC"


def _at_page(request: Request, page: int) -> str:
    return "?" + request.url.include_query_params(page=page).query
