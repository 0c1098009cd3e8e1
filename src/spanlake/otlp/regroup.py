"""Rows of a stored table put back under the resources and scopes they came from."""

from typing import NamedTuple

import orjson
import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import EntityRef, InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from spanlake.otlp.attributes import key_values

_RESOURCE = (
    "resource",
    "resource_types",
    "resource_dropped_attributes_count",
    "resource_entity_refs",
    "resource_schema_url",
)
_SCOPE = (
    "scope_name",
    "scope_version",
    "scope_attributes",
    "scope_attribute_types",
    "scope_dropped_attributes_count",
    "scope_schema_url",
)


class ScopeGroup(NamedTuple):
    """Rows of one scope, which is None where there was none; schema_url is "" for none."""

    scope: InstrumentationScope | None
    schema_url: str
    rows: pa.Table


class ResourceGroup(NamedTuple):
    """Rows of one resource, which is None where there was none; schema_url is "" for none."""

    resource: Resource | None
    schema_url: str
    scopes: list[ScopeGroup]


def by_resource(table: pa.Table) -> list[ResourceGroup]:
    """Rows of any stored table by equal resource, then by equal scope, as each first appears."""
    return [_resource_group(rows) for rows in split(table, _RESOURCE)]


def split(table: pa.Table, columns: tuple[str, ...]) -> list[pa.Table]:
    """Tables of the rows that agree in `columns`, as each first appears; rows keep their order.

    columns: their values must be what JSON can express, and no floats.
    """
    values = zip(*(table[name].to_pylist() for name in columns), strict=True)
    positions: dict[bytes, list[int]] = {}
    for position, key in enumerate(values):
        positions.setdefault(orjson.dumps(key), []).append(position)
    if len(positions) == 1:
        return [table]
    whole = table.combine_chunks()
    return [whole.take(rows) for rows in positions.values()]


def _resource_group(rows: pa.Table) -> ResourceGroup:
    first = rows.select(_RESOURCE).slice(0, 1).to_pylist()[0]
    resource = None
    if first["resource"] is not None:
        resource = Resource(
            attributes=key_values(first["resource"], first["resource_types"]),
            dropped_attributes_count=first["resource_dropped_attributes_count"],
            entity_refs=[EntityRef(**ref) for ref in first["resource_entity_refs"]],
        )
    scopes = [_scope_group(of_scope) for of_scope in split(rows, _SCOPE)]
    return ResourceGroup(resource, first["resource_schema_url"] or "", scopes)


def _scope_group(rows: pa.Table) -> ScopeGroup:
    first = rows.select(_SCOPE).slice(0, 1).to_pylist()[0]
    scope = None
    if first["scope_name"] is not None:
        scope = InstrumentationScope(
            name=first["scope_name"],
            version=first["scope_version"],
            attributes=key_values(first["scope_attributes"], first["scope_attribute_types"]),
            dropped_attributes_count=first["scope_dropped_attributes_count"],
        )
    return ScopeGroup(scope, first["scope_schema_url"] or "", rows)
