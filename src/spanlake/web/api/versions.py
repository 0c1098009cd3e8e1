"""`/api/v1/versions`: versions of apps, their metrics and their aliases."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, JsonValue
from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.entities.git import GitState
from spanlake.errors import NotFoundError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import DEFAULT_EXPERIMENT
from spanlake.storage.catalog.version import Version
from spanlake.storage.catalog.version_moves import alias_moves, remove_alias, set_alias
from spanlake.storage.catalog.versions import (
    create_external_version,
    delete_version,
    get_version,
    list_versions,
    log_metrics,
)
from spanlake.storage.versions.comparison import compare_versions
from spanlake.web.api.endpoint import Call, Endpoint, Model, Nothing, json_answer
from spanlake.web.catalog_thread import with_catalog

_TAG = "versions"
_ONE = "/versions/{version}"
_ALIAS = "/versions/{version}/aliases/{alias}"
_Experiment = Annotated[
    str | None, Field(description="Needed where versions of several bear the name.")
]


class NewVersion(Model):
    """A version whose code is elsewhere."""

    name: str
    experiment: str = DEFAULT_EXPERIMENT
    description: str | None = None
    params: dict[str, JsonValue] = Field(default_factory=dict)
    tags: dict[str, JsonValue] = Field(default_factory=dict)
    git_commit: str | None = None
    git_branch: str | None = None
    git_is_dirty: bool | None = None
    git_repository: str | None = None


class VersionsQuery(Model):
    """Which versions."""

    experiment: str | None = None


class VersionQuery(Model):
    """Which version."""

    experiment: _Experiment = None


class ComparisonQuery(Model):
    """Which versions, by name, id or @alias, with commas between."""

    names: str = Field(description="Two or more, with commas between: `v1,v2` or `@champion,v3`.")
    experiment: _Experiment = None


class NewMetrics(Model):
    """How a version measured."""

    metrics: dict[str, FiniteFloat] = Field(min_length=1, max_length=1000)
    run_id: str | None = Field(None, description="The evaluation they come from.")


class AliasMoveBody(Model):
    """Who moves an alias, and why."""

    moved_by: str | None = None
    note: str | None = None
    expected: str | None = Field(
        None, description='The name of the version that bears it now; "" for none.'
    )


class AliasRemoval(VersionQuery):
    """Who takes an alias away, and why."""

    moved_by: str | None = None
    note: str | None = None


async def _post(call: Call[Nothing, NewVersion]) -> Response:
    new = call.body
    git = GitState(new.git_commit, new.git_branch, new.git_is_dirty, new.git_repository)
    made = await with_catalog(
        call.services,
        lambda catalog: create_external_version(
            catalog,
            new.name,
            experiment=new.experiment,
            description=new.description,
            params=new.params,
            tags=new.tags,
            git=git,
        ),
    )
    return json_answer(_flat(made))


async def _list(call: Call[VersionsQuery, Nothing]) -> Response:
    found = await with_catalog(
        call.services, lambda catalog: list_versions(catalog, experiment=call.query.experiment)
    )
    return json_answer({"versions": [_flat(each) for each in found]})


async def _get(call: Call[VersionQuery, Nothing]) -> Response:
    found = await with_catalog(
        call.services,
        lambda catalog: get_version(
            catalog, call.path["version"], experiment=call.query.experiment
        ),
    )
    return json_answer(_flat(found))


async def _compare(call: Call[ComparisonQuery, Nothing]) -> Response:
    names, services = call.query.names.split(","), call.services
    versions = await with_catalog(
        services,
        lambda catalog: [
            get_version(catalog, name.strip(), experiment=call.query.experiment) for name in names
        ],
    )
    found = await services.lakes.ask(lambda lake: compare_versions(lake, versions))
    return json_answer(
        {
            "versions": [
                _flat(each.version) | {"traffic": asdict(each.traffic)} for each in found.sides
            ],
            "params": found.params,
            "metrics": found.metrics,
            "scores": found.scores,
        }
    )


async def _delete(call: Call[VersionQuery, Nothing]) -> Response:
    gone = await with_catalog(
        call.services,
        lambda catalog: delete_version(
            catalog,
            call.path["version"],
            experiment=call.query.experiment,
            actor=call.principal,
        ),
    )
    return json_answer(_flat(gone))


async def _post_metrics(call: Call[VersionQuery, NewMetrics]) -> Response:
    changed = await with_catalog(
        call.services,
        lambda catalog: log_metrics(
            catalog,
            call.path["version"],
            call.body.metrics,
            experiment=call.query.experiment,
            run_id=call.body.run_id,
        ),
    )
    return json_answer(_flat(changed))


async def _put_alias(call: Call[VersionQuery, AliasMoveBody]) -> Response:
    changed = await with_catalog(
        call.services,
        lambda catalog: set_alias(
            catalog,
            call.path["version"],
            call.path["alias"],
            experiment=call.query.experiment,
            moved_by=call.body.moved_by or call.principal.source_id,
            note=call.body.note,
            expected=call.body.expected,
            actor=call.principal,
        ),
    )
    return json_answer(_flat(changed))


async def _delete_alias(call: Call[AliasRemoval, Nothing]) -> Response:
    name, alias = call.path["version"], call.path["alias"]

    def remove(catalog: Catalog) -> Version:
        version = get_version(catalog, name, experiment=call.query.experiment)
        if alias not in version.aliases:
            raise NotFoundError(
                f"alias is {alias!r}: version {version.name!r} does not bear it; "
                "/api/v1/versions has the aliases"
            )
        remove_alias(
            catalog,
            alias,
            experiment=version.experiment,
            moved_by=call.query.moved_by or call.principal.source_id,
            note=call.query.note,
            actor=call.principal,
        )
        return get_version(catalog, version.version_id)

    return json_answer(_flat(await with_catalog(call.services, remove)))


async def _list_moves(call: Call[VersionsQuery, Nothing]) -> Response:
    found = await with_catalog(
        call.services, lambda catalog: alias_moves(catalog, experiment=call.query.experiment)
    )
    return json_answer({"moves": found})


def _flat(version: Version) -> dict[str, Any]:
    """The version with the names of the view's columns."""
    columns = asdict(version)
    git = columns.pop("git")
    return columns | {f"git_{name}": value for name, value in git.items()}


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="POST",
        path="/versions",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Make a version whose code is elsewhere; again, it changes nothing.",
        handle=_post,
        query=Nothing,
        body=NewVersion,
        answers={200: "The version."},
    ),
    Endpoint(
        method="GET",
        path="/versions",
        tag=_TAG,
        permission=Permission.READ,
        summary="Every version, the newest first.",
        handle=_list,
        query=VersionsQuery,
        body=Nothing,
        answers={200: "`versions`."},
    ),
    Endpoint(
        method="GET",
        path="/version-comparison",
        tag=_TAG,
        permission=Permission.READ,
        summary="Two or more versions side by side, with the traces they made.",
        handle=_compare,
        query=ComparisonQuery,
        body=Nothing,
        answers={200: "`versions`, and the `params`, `metrics` and `scores` that differ."},
    ),
    Endpoint(
        method="GET",
        path="/version-alias-moves",
        tag=_TAG,
        permission=Permission.READ,
        summary="Every move of an alias, the last one first.",
        handle=_list_moves,
        query=VersionsQuery,
        body=Nothing,
        answers={200: "`moves`."},
    ),
    Endpoint(
        method="GET",
        path=_ONE,
        tag=_TAG,
        permission=Permission.READ,
        summary="One version by its name, its id, or as @alias.",
        handle=_get,
        query=VersionQuery,
        body=Nothing,
        answers={200: "The version."},
    ),
    Endpoint(
        method="DELETE",
        path=_ONE,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Remove a version that never had an alias; its traces stay in the lake.",
        handle=_delete,
        query=VersionQuery,
        body=Nothing,
        answers={200: "The version it was."},
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/metrics",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Record how a version measured; the last value of each counts.",
        handle=_post_metrics,
        query=VersionQuery,
        body=NewMetrics,
        answers={200: "The version."},
    ),
    Endpoint(
        method="PUT",
        path=_ALIAS,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Give an alias to a version, whichever bore it; the move is recorded.",
        handle=_put_alias,
        query=VersionQuery,
        body=AliasMoveBody,
        answers={200: "The version."},
    ),
    Endpoint(
        method="DELETE",
        path=_ALIAS,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Take an alias away from the version that bears it.",
        handle=_delete_alias,
        query=AliasRemoval,
        body=Nothing,
        answers={200: "The version."},
    ),
)
