"""`spanlake.create_external_version`: a version made in a data directory, or by its server."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import orjson

from spanlake.config import catalog_url, data_path
from spanlake.entities.git import GitState
from spanlake.errors import SpanlakeError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import DEFAULT_EXPERIMENT
from spanlake.storage.catalog.location import Location, find_location
from spanlake.storage.catalog.version import Version
from spanlake.storage.catalog.versions import create_external_version as create_in
from spanlake.storage.files.object_path import path_of

_SECONDS = 30.0
_LONGEST_ANSWER = 16 << 20
_BAD_REQUEST = range(400, 500)


class ServerError(SpanlakeError):
    """A server that did not do what it was asked; it may later."""


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
    a server such as http://localhost:4318; $SPANLAKE_DATA or ./spanlake-data without. Raises
    NotFoundError when there is no such directory, and ServerError.
    """
    place = data_path(None if data is None else str(data))
    if place.startswith(("http://", "https://")):
        told = asdict(git or GitState())
        return _post(
            place,
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


def _post(server: str, body: Mapping[str, object]) -> Version:
    request = Request(  # noqa: S310  # http or https, as the caller saw
        f"{server.rstrip('/')}/api/v1/versions",
        data=orjson.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # the same
            return _version(orjson.loads(answer.read(_LONGEST_ANSWER)))
    except HTTPError as error:
        detail = _detail(error)
        if error.code in _BAD_REQUEST:
            raise UserError(detail) from None
        raise ServerError(f"{server}: {detail}") from None
    except (URLError, HTTPException, OSError, ValueError, KeyError, TypeError) as error:
        raise ServerError(f"{server} does not answer as a Spanlake server: {error}") from None


def _detail(error: HTTPError) -> str:
    try:
        return str(orjson.loads(error.read(_LONGEST_ANSWER))["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"


def _version(row: Any) -> Version:  # noqa: ANN401  # what a server answered
    """A version from an answer, whose members are the view's columns."""
    git = GitState(**{key: row.pop(f"git_{key}") for key in asdict(GitState())})
    created_at = datetime.fromisoformat(row.pop("created_at"))
    return Version(**row | {"git": git, "created_at": created_at, "aliases": tuple(row["aliases"])})
