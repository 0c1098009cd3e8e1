"""Where an evaluation reads and writes: a data directory, and the catalog that belongs to it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from spanlake.config import catalog_url, data_path
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import Location, find_location
from spanlake.storage.files.object_path import path_of
from spanlake.storage.lake import Lake


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory."""

    root: Path

    @classmethod
    def of(cls, data: str | Path | None) -> Self:
        """The one that a user names, or the usual one."""
        return cls(path_of(data_path(None if data is None else str(data))))

    def open_lake(self) -> Lake:
        """Open the lake. NotFoundError when there is no such directory."""
        return Lake(self.root, self._told)

    def open_catalog(self) -> Catalog:
        """Open the catalog. Raises NotFoundError, CatalogError."""
        return Catalog.open(find_location(self.root, self._told))

    @property
    def _told(self) -> Location | None:
        url = catalog_url()
        return None if url is None else Location.of_url(url)


class LateLake:
    """The lake of a place, opened in a thread while there is something to do that needs none."""

    def __init__(self, place: Place) -> None:
        pool = ThreadPoolExecutor(1, "spanlake-open-lake")
        self._opening = pool.submit(place.open_lake)
        pool.shutdown(wait=False)

    def get(self) -> Lake:
        """The lake, once it is open. Raises what opening it raised."""
        return self._opening.result()

    def close(self) -> None:
        """Give it free, if it could be opened."""
        if self._opening.exception() is None:
            self.get().close()
