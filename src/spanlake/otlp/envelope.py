"""The two envelopes around every OTLP item, its resource and its scope, as columns."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.otlp.attributes import attribute_columns
from spanlake.otlp.fields import null_if_empty
from spanlake.otlp.repeat import Indices, repeat


class Items(NamedTuple):
    """n items out of a batch of export requests.

    structs: the items themselves. requests: each one's row in the batch. columns: resource and
    scope columns, of length n.
    """

    structs: pa.StructArray
    requests: Indices
    columns: dict[str, pa.Array]


def open_envelopes(batch: pa.RecordBatch, scopes: str, items: str) -> Items:
    """Flatten `batch` down to its items, named by the field of scopes and that of the items.

    Raises TooLargeError for a resource or scope too large for its number of items.
    """
    resource_lists = batch.column(0)
    resources = resource_lists.flatten()
    scope_lists = resources.field(scopes)
    scope_structs = scope_lists.flatten()
    item_lists = scope_structs.field(items)
    of_item = pc.list_parent_indices(item_lists).to_numpy()
    of_scope = pc.list_parent_indices(scope_lists).to_numpy()
    of_resource = pc.list_parent_indices(resource_lists).to_numpy()
    columns = repeat(_resource_columns(resources), of_scope[of_item])
    columns |= repeat(_scope_columns(scope_structs), of_item)
    return Items(item_lists.flatten(), of_resource[of_scope[of_item]], columns)


def _resource_columns(resources: pa.StructArray) -> dict[str, pa.Array]:
    resource = resources.field("resource")
    absent = resource.is_null()
    attributes = attribute_columns(resource.field("attributes"))
    return {
        "resource": _null_where(absent, attributes.values),
        "resource_types": attributes.types,
        "resource_dropped_attributes_count": resource.field("dropped_attributes_count"),
        "resource_entity_refs": resource.field("entity_refs"),
        "resource_schema_url": null_if_empty(resources.field("schema_url")),
    }


def _scope_columns(scopes: pa.StructArray) -> dict[str, pa.Array]:
    scope = scopes.field("scope")
    attributes = attribute_columns(scope.field("attributes"))
    return {
        "scope_name": _null_where(scope.is_null(), scope.field("name")),
        "scope_version": null_if_empty(scope.field("version")),
        "scope_attributes": attributes.values,
        "scope_attribute_types": attributes.types,
        "scope_dropped_attributes_count": scope.field("dropped_attributes_count"),
        "scope_schema_url": null_if_empty(scopes.field("schema_url")),
    }


def _null_where(mask: pa.BooleanArray, column: pa.Array) -> pa.Array:
    if not mask.true_count:
        return column
    rows = pc.if_else(mask, None, pa.array(np.arange(len(column))))
    return column.take(rows)
