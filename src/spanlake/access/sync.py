"""The catalog beside the gate: what decides is read from it, what happened is written to it.

One thread does all of it, and no request waits. While the catalog is down, what was last known
counts.
"""

import threading
from datetime import UTC, datetime
from pathlib import Path

from spanlake import log
from spanlake.access.quota import Quotas
from spanlake.access.snapshot import AccessSnapshot, revision_of
from spanlake.access.trail import Trail
from spanlake.errors import UserError
from spanlake.storage.catalog.audit_log import record_alone
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.key_usage import note_use
from spanlake.storage.catalog.location import Location
from spanlake.storage.files.state import state_folder

_log = log.get(__name__)
_START_SECONDS = 2.0
_STOP_SECONDS = 5.0
# With what a commit to the catalog takes, a revoked key is refused within a second.
_READ_SECONDS = 0.4
_NOTE_SECONDS = 5.0
_MARK = "access.in-use"


class AccessSync:
    """Keeps a snapshot of keys, users and sign-ins fresh. Safe to stop before the start.

    root: the data directory, where it is noted that there has been a key or a user: a server
    that cannot read its catalog must not take that for a sign that there is none.
    """

    def __init__(self, root: Path, location: Location, quotas: Quotas, trail: Trail) -> None:
        self._mark = state_folder(root) / _MARK
        self._location = location
        self._quotas = quotas
        self._trail = trail
        self._catalog: Catalog | None = None
        self._exchange = threading.Lock()
        self._day = ""
        self._is_warned = False
        self._tried = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="access", daemon=True)
        self.snapshot: AccessSnapshot | None = None
        """What is known; None until the catalog could be read once."""
        self.is_in_use = self._mark.exists()
        """Whether there has been a key or a user, as far as is known."""

    def start(self) -> None:
        """Begin; return after the first reading, or soon, whatever becomes of it."""
        self._thread.start()
        self._tried.wait(_START_SECONDS)

    def stop(self) -> None:
        """Note what has not been noted, if the catalog is up, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def refresh(self) -> None:
        """Read what has changed before returning. CatalogError."""
        with self._exchange:
            self._read(self._opened())

    def catalog(self) -> Catalog:
        """The catalog, to write to; closing it is the caller's. CatalogError."""
        return Catalog.open(self._location)

    def _run(self) -> None:
        elapsed = 0.0
        while not self._stopping.is_set():
            is_due = elapsed >= _NOTE_SECONDS
            self._try(with_notes=is_due)
            elapsed = 0.0 if is_due else elapsed + _READ_SECONDS
            self._stopping.wait(_READ_SECONDS)
        self._try(with_notes=True)
        if self._catalog:
            self._catalog.close()

    def _try(self, *, with_notes: bool) -> None:
        try:
            with self._exchange:
                catalog = self._opened()
                self._read(catalog)
                record_alone(catalog, self._trail.due())
            if with_notes:
                self._note(catalog)
        except Exception as error:  # noqa: BLE001  # whatever it is, who is known stays known
            if not self._is_warned:
                reason = str(error) if isinstance(error, UserError) else repr(error)
                _log.warning("access.catalog_unavailable", reason=reason)
            self._is_warned = True
            if self._catalog:
                self._catalog.close()
                self._catalog = None
        else:
            self._is_warned = False
        self._tried.set()

    def _opened(self) -> Catalog:
        if self._catalog is None:
            self._catalog = Catalog.open(self._location)
        return self._catalog

    def _read(self, catalog: Catalog) -> None:
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        known = self.snapshot
        # With the day the use of the keys begins anew.
        if known is not None and day == self._day and revision_of(catalog) == known.revision:
            return
        self.snapshot = AccessSnapshot.read(catalog)
        self._day = day
        if self.snapshot.is_in_use and not self.is_in_use:
            self.is_in_use = True
            self._mark.touch(mode=0o640)

    def _note(self, catalog: Catalog) -> None:
        uses = self._quotas.unnoted()
        if not uses:
            return
        try:
            self._quotas.noted(note_use(catalog, uses))
        except BaseException:
            self._quotas.keep(uses)
            raise
