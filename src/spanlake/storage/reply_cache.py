"""Replies of models, kept in the lake's directory so that no question is paid for twice.

A file beside the data, `<data>/cache/replies.sqlite`, that may be deleted at any time. Several
processes may use it at once. Where it cannot be read or written the models are simply asked again.
"""

import sqlite3
import threading
import time
from pathlib import Path

from spanlake import log
from spanlake.storage.closing import Closing
from spanlake.storage.files.state import state_folder

_log = log.get(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    number INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL,
    reply BLOB NOT NULL,
    created_at REAL NOT NULL
)
"""
_BUSY_TIMEOUT = 10.0
DEFAULT_CAPACITY = 2_000_000
"""Replies; one takes about half a kilobyte."""


class ReplyCache(Closing):
    """Replies by the digest of what was asked. Thread-safe.

    root: the data directory. capacity: how many replies are kept; when it is opened, the oldest
    beyond them go.
    """

    def __init__(self, root: Path, capacity: int = DEFAULT_CAPACITY) -> None:
        self.path = state_folder(root) / "cache" / "replies.sqlite"
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._open(capacity)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def _open(self, capacity: int) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            # A reply survives the death of the process; after a power cut it is asked for again.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_SCHEMA)
            connection.execute(
                "DELETE FROM replies WHERE number <= (SELECT max(number) FROM replies) - ?",
                (capacity,),
            )
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def get(self, digest: str) -> bytes | None:
        """Return the reply to what has this digest, or None."""
        with self._lock:
            if self._connection is None:
                return None
            try:
                row = self._connection.execute(
                    "SELECT reply FROM replies WHERE digest = ?", (digest,)
                ).fetchone()
            except sqlite3.Error as error:
                self._give_up(error)
                return None
        return None if row is None else bytes(row[0])

    def put(self, digest: str, model: str, reply: bytes) -> None:
        """Keep the reply to what has this digest; one that was kept before is replaced."""
        with self._lock:
            if self._connection is None:
                return
            try:
                self._connection.execute(
                    "INSERT OR REPLACE INTO replies (digest, model, reply, created_at)"
                    " VALUES (?, ?, ?, ?)",
                    (digest, model, reply, time.time()),
                )
            except sqlite3.Error as error:
                self._give_up(error)

    def __len__(self) -> int:
        """How many replies there are."""
        with self._lock:
            if self._connection is None:
                return 0
            (count,) = self._connection.execute("SELECT count(*) FROM replies").fetchone()
        return int(count)

    def clear(self) -> None:
        """Forget every reply."""
        with self._lock:
            if self._connection is not None:
                self._connection.execute("DELETE FROM replies")
                self._connection.execute("VACUUM")

    def close(self) -> None:
        """Give the file free. Safe to call twice."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _give_up(self, error: Exception) -> None:
        """Go on without it: a cache that fails must not stop what it makes cheaper."""
        _log.warning("reply_cache.unusable", path=str(self.path), error=str(error))
        if self._connection is not None:
            self._connection.close()
            self._connection = None
