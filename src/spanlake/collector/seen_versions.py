"""The versions of apps that stored spans are of, and what the spans say of how they were made."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.entities.git import GitState
from spanlake.storage.catalog.version import SeenVersion

# A client that invents a version for every span shall not make lists of them.
_MOST = 100
_PARAM = "spanlake.app_version.param."
_IS_DIRTY = "spanlake.app_version.is_dirty"


def seen_versions(rows: pa.Table) -> list[SeenVersion]:
    """Some hundred at most of the versions that rows of spans are of; none of other rows.

    What git says has the names that OpenTelemetry has for a source repository.
    """
    if "app_version" not in rows.column_names:
        return []
    versions = rows["app_version"]
    if versions.null_count == len(versions):
        return []
    named = pa.table(
        {
            "experiment": rows["experiment"],
            "version": versions,
            "at": pa.array(range(len(rows)), pa.int64()),
        }
    ).filter(pc.is_valid(versions))
    first = named.group_by(["experiment", "version"]).aggregate([("at", "min")]).slice(0, _MOST)
    attributes = _maps(rows["attributes"], first["at_min"])
    resources = _maps(rows["resource"], first["at_min"])
    return [
        _seen(experiment, version, resource | attribute)
        for experiment, version, resource, attribute in zip(
            first["experiment"].to_pylist(),
            first["version"].to_pylist(),
            resources,
            attributes,
            strict=True,
        )
        if experiment is not None
    ]


def _maps(column: pa.ChunkedArray, at: pa.ChunkedArray) -> list[dict[str, str]]:
    found = column.take(at).to_pylist(maps_as_pydicts="lossy")
    return [{key: value for key, value in (each or {}).items() if value} for each in found]


def _seen(experiment: str, name: str, said: Mapping[str, str]) -> SeenVersion:
    is_dirty = said.get(_IS_DIRTY)
    return SeenVersion(
        experiment=experiment,
        name=name,
        git=GitState(
            commit=said.get("vcs.ref.head.revision"),
            branch=said.get("vcs.ref.head.name"),
            is_dirty=None if is_dirty is None else is_dirty == "true",
            repository=said.get("vcs.repository.url.full"),
        ),
        params={
            key.removeprefix(_PARAM): value for key, value in said.items() if key.startswith(_PARAM)
        },
    )
