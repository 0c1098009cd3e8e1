"""The catalog as a program holds it open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection

from spanlake.storage.catalog.engine import Engines, make_engines
from spanlake.storage.catalog.failure import explained
from spanlake.storage.catalog.location import Location
from spanlake.storage.catalog.migrate import bring_up_to_date
from spanlake.storage.closing import Closing


class Catalog(Closing):
    """The catalog of a data directory. For any threads."""

    def __init__(self, location: Location, engines: Engines) -> None:
        self.location = location
        self._engines = engines

    @classmethod
    def open(cls, location: Location) -> Self:
        """Open the catalog, made or brought up to this version first if it has to be.

        Any number of processes may do so at once. CatalogError when it cannot be had, or when a
        newer program has changed it.
        """
        with explained(location):
            engines = make_engines(location)
            try:
                bring_up_to_date(engines, location)
            except BaseException:
                engines.dispose()
                raise
        return cls(location, engines)

    def close(self) -> None:
        """Give the connections free. Safe to call twice."""
        self._engines.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which every query sees the catalog of one moment. CatalogError."""
        with explained(self.location), self._engines.read.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: durable at the end, or nothing of it is when anything raises.

        In SQLite there is one at a time, and the next waits up to ten seconds. CatalogError.
        """
        with explained(self.location), self._engines.write.begin() as connection:
            yield connection
