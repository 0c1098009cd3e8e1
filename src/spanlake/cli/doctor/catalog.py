"""The check of the catalog, without which spans are stored, and little is said of them."""

from pathlib import Path

from spanlake.cli.doctor.check import Check, ok, warn
from spanlake.config import catalog_url
from spanlake.errors import UserError
from spanlake.storage.catalog.location import Location, find_location


def check_catalog(root: Path) -> list[Check]:
    """Every check of this module; of a directory that is not there yet, none."""
    name = "catalog"
    if not root.is_dir():
        return []
    try:
        url = catalog_url()
        location = find_location(root, None if url is None else Location.of_url(url))
        if not location.exists:
            return [ok(name, f"{location}, which serve will make")]
        # It is some time to load, which no other check needs.
        from spanlake.storage.catalog.catalog import Catalog

        Catalog.open(location).close()
    except UserError as error:
        fact, _, next_step = str(error).rpartition("; ")
        return [warn(name, fact, next_step)]
    return [ok(name, str(location))]
