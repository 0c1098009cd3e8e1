"""`spanlake.create_external_version`: a version made in a data directory, or by its server."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from spanlake.config import catalog_url, data_path
from spanlake.entities.git import GitState
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import DEFAULT_EXPERIMENT
from spanlake.storage.catalog.location import Location, find_location
from spanlake.storage.catalog.version import Version
from spanlake.storage.catalog.versions import create_external_version as create_in
from spanlake.storage.files.object_path import path_of
from spanlake.storage.remote.api import ServerApi, is_server


def create_external_version(  # noqa: PLR0913  # what may be said of one
    name: str,
    *,
    experiment: str = DEFAULT_EXPERIMENT,
    description: str | None = None,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
    git: GitState | None = None,
    data: str | Path | None = None,
) -> Version:
    """Make a version of an app whose code is elsewhere, or say more of the one of this name.

    name: as the app's spans have it in `app_version`. params (what it is made with) and git never
    change once they are told: UserError for another value. data: the data directory, or the URL of
    a server such as http://localhost:4318, whose key is in $SPANLAKE_KEY; $SPANLAKE_DATA or
    ./spanlake-data without. Raises NotFoundError when there is no such directory, and ServerError.
    """
    place = data_path(None if data is None else str(data))
    if is_server(place):
        told = asdict(git or GitState())
        return _post(
            ServerApi(place),
            {
                "name": name,
                "experiment": experiment,
                "description": description,
                "params": dict(params or {}),
                "tags": dict(tags or {}),
                **{f"git_{key}": value for key, value in told.items()},
            },
        )
    url = catalog_url()
    location = find_location(path_of(place), None if url is None else Location.of_url(url))
    with Catalog.open(location) as catalog:
        return create_in(
            catalog,
            name,
            experiment=experiment,
            description=description,
            params=params,
            tags=tags,
            git=git,
        )


def _post(api: ServerApi, body: Mapping[str, object]) -> Version:
    answer = api.ask_json("POST", "/versions", body)
    try:
        return _version(answer)
    except (ValueError, KeyError, TypeError) as error:
        raise api.not_understood(error) from None


def _version(row: Any) -> Version:  # noqa: ANN401  # what a server answered
    """A version from an answer, whose members are the view's columns."""
    git = GitState(**{key: row.pop(f"git_{key}") for key in asdict(GitState())})
    created_at = datetime.fromisoformat(row.pop("created_at"))
    return Version(**row | {"git": git, "created_at": created_at, "aliases": tuple(row["aliases"])})
