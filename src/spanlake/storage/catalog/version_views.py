"""App versions and the moves of their aliases in SQL."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from spanlake.storage.catalog.catalog import Catalog

_TEXT = pa.string()
_TIME = pa.timestamp("us", "UTC")

APP_VERSIONS_SCHEMA = pa.schema(
    [
        ("version_id", _TEXT),
        ("experiment", _TEXT),
        ("name", _TEXT),
        ("description", _TEXT),
        ("git_commit", _TEXT),
        ("git_branch", _TEXT),
        ("git_is_dirty", pa.bool_()),
        ("git_repository", _TEXT),
        ("params", pa.map_(_TEXT, _TEXT)),
        ("tags", pa.map_(_TEXT, _TEXT)),
        ("metrics", pa.map_(_TEXT, pa.float64())),
        ("aliases", pa.list_(_TEXT)),
        ("created_at", _TIME),
    ]
)
ALIAS_MOVES_SCHEMA = pa.schema(
    [
        ("experiment", _TEXT),
        ("alias", _TEXT),
        ("version_id", _TEXT),
        ("version", _TEXT),
        ("previous", _TEXT),
        ("moved_by", _TEXT),
        ("note", _TEXT),
        ("moved_at", _TIME),
    ]
)


def app_versions_table(catalog: "Catalog") -> pa.Table:
    """A row a version."""
    from spanlake.storage.catalog.versions import list_versions

    rows = [
        {
            "version_id": each.version_id,
            "experiment": each.experiment,
            "name": each.name,
            "description": each.description,
            "git_commit": each.git.commit,
            "git_branch": each.git.branch,
            "git_is_dirty": each.git.is_dirty,
            "git_repository": each.git.repository,
            "params": list(each.params.items()),
            "tags": list(each.tags.items()),
            "metrics": list(each.metrics.items()),
            "aliases": list(each.aliases),
            "created_at": each.created_at,
        }
        for each in list_versions(catalog)
    ]
    return pa.Table.from_pylist(rows, APP_VERSIONS_SCHEMA)


def alias_moves_table(catalog: "Catalog") -> pa.Table:
    """A row a move of an alias, the last one first."""
    from spanlake.storage.catalog.version_moves import alias_moves

    return pa.Table.from_pylist([asdict(each) for each in alias_moves(catalog)], ALIAS_MOVES_SCHEMA)
