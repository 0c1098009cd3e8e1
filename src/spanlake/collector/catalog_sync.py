"""The catalog beside ingest: experiments and versions go into it, prices come from it.

Nobody waits for it.

All of it is done by one thread. When the catalog is down, spans are stored as ever, priced by what
was last known; what was seen meanwhile is told later.
"""

import threading
from collections.abc import Collection

from spanlake import log
from spanlake.errors import UserError
from spanlake.semconv.price_book import NO_CUSTOM_PRICES, PriceBook
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import (
    MAX_SEEN,
    ensure_experiments,
    is_experiment_name,
)
from spanlake.storage.catalog.location import Location
from spanlake.storage.catalog.prices import last_price_version, list_prices
from spanlake.storage.catalog.version import SeenVersion
from spanlake.storage.catalog.versions import MAX_SEEN as MAX_VERSIONS
from spanlake.storage.catalog.versions import ensure_versions

_log = log.get(__name__)
_START_SECONDS = 2.0
_STOP_SECONDS = 5.0
_LONGEST_RETRY_SECONDS = 60.0


class CatalogSync:
    """Keeps a collector and a catalog in step. Safe to stop before the start, and twice.

    seconds: how old the prices may be, and how long a catalog that is down is first left alone.
    """

    def __init__(self, location: Location, *, seconds: float = 3.0) -> None:
        self._location = location
        self._seconds = seconds
        self._retry_seconds = seconds
        self._catalog: Catalog | None = None
        self._is_up = False
        self._is_warned = False
        self._book = NO_CUSTOM_PRICES
        self._price_version = 0
        self._known: set[str] = set()
        self._new: set[str] = set()
        # By experiment and name.
        self._known_versions: dict[tuple[str, str], SeenVersion] = {}
        self._new_versions: dict[tuple[str, str], SeenVersion] = {}
        self._names = threading.Lock()
        self._tried = threading.Event()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        # A daemon: a catalog that never answers does not keep the process.
        self._thread = threading.Thread(target=self._run, name="catalog", daemon=True)

    @property
    def is_up(self) -> bool:
        """Whether the catalog answered when it was last asked."""
        return self._is_up

    def book(self) -> PriceBook:
        """The prices as they were last read; before the first time, those without custom ones."""
        return self._book

    def saw(self, names: Collection[str], versions: Collection[SeenVersion] = ()) -> None:
        """Rows of these experiments and versions are stored. Takes no time; for any thread."""
        with self._names:
            unknown = set(names) - self._known - self._new
            new = {name for name in unknown if is_experiment_name(name)}
            if len(self._known) + len(self._new) > MAX_SEEN:
                new = set()
            self._new |= new
            new_versions = self._unknown(versions)
            self._new_versions |= new_versions
        if new or new_versions:
            self._wake.set()

    def start(self) -> None:
        """Begin; return after the first exchange, or soon, whatever becomes of it."""
        self._thread.start()
        self._tried.wait(_START_SECONDS)

    def stop(self) -> None:
        """Tell the catalog what it has not been told, if it is up, and end."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _unknown(self, versions: Collection[SeenVersion]) -> dict[tuple[str, str], SeenVersion]:
        seen = {(each.experiment, each.name): each for each in versions}
        for known in (self._known_versions, self._new_versions):
            for key in seen.keys() & known.keys():
                del seen[key]
        room = MAX_VERSIONS - len(self._known_versions) - len(self._new_versions)
        return seen if len(seen) <= room else {}

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._try()
            if self._is_up:
                self._wake.wait(self._seconds)
                self._wake.clear()
            else:
                self._stopping.wait(self._retry_seconds)
        if self._is_up:
            self._try()
        if self._catalog:
            self._catalog.close()

    def _try(self) -> None:
        try:
            self._catalog = self._catalog or Catalog.open(self._location)
            self._exchange(self._catalog)
        except Exception as error:  # noqa: BLE001  # whatever it is, spans go on
            self._failed(error)
        else:
            if not self._is_up and self._is_warned:
                _log.info("collector.catalog_available", catalog=str(self._location))
            self._is_up, self._is_warned = True, False
            self._retry_seconds = self._seconds
        self._tried.set()

    def _exchange(self, catalog: Catalog) -> None:
        with self._names:
            new = frozenset(self._new)
            versions = dict(self._new_versions)
        if new:
            left_out = ensure_experiments(catalog, new)
            if left_out:
                _log.warning("collector.experiments_left_out", count=left_out, most=MAX_SEEN)
            with self._names:
                self._known |= new
                self._new -= new
        if versions:
            left_out = ensure_versions(catalog, versions.values())
            if left_out:
                _log.warning("collector.versions_left_out", count=left_out, most=MAX_VERSIONS)
            with self._names:
                self._known_versions |= versions
                for key in versions:
                    self._new_versions.pop(key, None)
        version = last_price_version(catalog)
        if version != self._price_version:
            self._book = PriceBook(list_prices(catalog))
            self._price_version = version

    def _failed(self, error: Exception) -> None:
        if not self._is_warned:
            reason = str(error) if isinstance(error, UserError) else repr(error)
            _log.warning("collector.catalog_unavailable", reason=reason)
        if not self._is_up:
            self._retry_seconds = min(2 * self._retry_seconds, _LONGEST_RETRY_SECONDS)
        self._is_up, self._is_warned = False, True
        if self._catalog:
            self._catalog.close()
            self._catalog = None
        # It may be another one when it comes back.
        with self._names:
            self._new |= self._known
            self._known = set()
            self._new_versions = self._known_versions | self._new_versions
            self._known_versions = {}
