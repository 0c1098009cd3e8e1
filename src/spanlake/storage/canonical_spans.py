"""Spans with the columns that are derived from what was sent, as they are stored."""

import pyarrow as pa

from spanlake.semconv.arrays import whole
from spanlake.semconv.columns import CANONICAL
from spanlake.semconv.normalise import Normaliser
from spanlake.storage.texts import without_verbatim


def derived_columns(
    raw: pa.Table, experiments: pa.StringArray, normaliser: Normaliser
) -> dict[str, pa.Array]:
    """The canonical columns of raw spans, and their attributes without the texts these hold.

    experiments: for each span the one its request named, or null.
    """
    canonical = normaliser.normalise(raw, experiments)
    attributes = without_verbatim(
        whole(raw["attributes"]),
        whole(raw["attribute_types"]),
        canonical.verbatim,
        canonical.table,
    )
    return {name: canonical.table[name] for name in CANONICAL.names} | {
        "attributes": attributes.values,
        "attribute_types": attributes.types,
    }
