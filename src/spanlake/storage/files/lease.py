"""A name that one process has for a while, and renews as long as it lives: a lock in a bucket.

The object holds who has it; it says so while nobody does. It is only ever replaced on the
condition that it is still the one that was read, so two never take it at once. Who has died is told
by the server's clock; whether one has it oneself, by the own clock and some seconds earlier.
"""

import errno
import os
import random
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Self

import orjson

from spanlake.storage.files.object_path import ObjectPath

if TYPE_CHECKING:
    from spanlake.storage.files.bucket import Bucket

LEASE_SECONDS = 60.0
"""How long a lease outlives its process."""
_RENEW_SECONDS = LEASE_SECONDS / 3
# Clocks tell whole seconds, and one's own was compared with the server's over a network.
_MARGIN_SECONDS = 5.0
_FREE = b"free"
_POLL_SECONDS = 0.2, 1.0
# Goes on while the machine sleeps, where the system has such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Lease:
    """See `port.Claim`. A thread renews it."""

    def __init__(self, bucket: "Bucket", path: ObjectPath, holder: str) -> None:
        self._bucket = bucket
        self._path = path
        self._holder = holder
        self._tag = ""
        self._until = 0.0
        self._is_lost = False
        self._changing = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    @classmethod
    def take(cls, bucket: "Bucket", path: Path) -> Self | None:
        """Have it, unless another process does. OSError."""
        if not isinstance(path, ObjectPath):
            raise TypeError(f"{path} is not in a bucket")
        lease = cls(bucket, path, uuid.uuid4().hex)
        return lease if lease._take() else None

    @property
    def is_held(self) -> bool:
        """Whether nobody else can have taken it by now."""
        return _steady() < self._until

    @property
    def is_lost(self) -> bool:
        """Whether another process has taken it."""
        return self._is_lost

    def close(self) -> None:
        """Give it free. Safe to call twice."""
        self._ending.set()
        with self._changing:
            if self.is_held:
                self._until = 0.0
                try:
                    self._bucket.swap(self._path, _FREE, self._tag)
                except OSError:
                    return  # it ends by itself

    def _take(self) -> bool:
        began = _steady()
        content = self._content()
        try:
            told, tag = self._bucket.read_with_tag(self._path)
        except FileNotFoundError:
            if not self._bucket.create(self._path, content):
                return False
            self._tag = self._bucket.read_with_tag(self._path)[1].e_tag
        else:
            if told != _FREE and self._bucket.now() - tag.changed < LEASE_SECONDS:
                return False
            try:
                self._tag = self._bucket.swap(self._path, content, tag.e_tag)
            except FileNotFoundError:
                return False
            except OSError as error:
                if error.errno == errno.ESTALE:
                    return False
                raise
        self._until = began + LEASE_SECONDS - _MARGIN_SECONDS
        self._thread.start()
        return True

    def _renew(self) -> None:
        while not self._ending.wait(_RENEW_SECONDS):
            with self._changing:
                if self._ending.is_set() or not self._renewed():
                    return

    def _renewed(self) -> bool:
        """Whether there is still something to renew."""
        began = _steady()
        try:
            self._tag = self._bucket.swap(self._path, self._content(), self._tag)
        except OSError as error:
            if error.errno not in {errno.ESTALE, errno.ENOENT}:
                return True  # the network may come back before another takes it
            if not self._is_mine():
                self._until = 0.0
                self._is_lost = True
                return False
        self._until = began + LEASE_SECONDS - _MARGIN_SECONDS
        return True

    def _is_mine(self) -> bool:
        """Whether the request that was refused had been done before, when it was first tried."""
        try:
            told, tag = self._bucket.read_with_tag(self._path)
            is_mine = told != _FREE and orjson.loads(told).get("holder") == self._holder
        except (OSError, ValueError, AttributeError):
            return False
        self._tag = tag.e_tag
        return is_mine

    def _content(self) -> bytes:
        # Each time another, so that each has a tag of its own.
        told = {
            "holder": self._holder,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "renewal": uuid.uuid4().hex,
        }
        return orjson.dumps(told)


def wait_for(bucket: "Bucket", path: Path, given_up: threading.Event) -> Lease | None:
    """Have a lease as soon as it is free; None when it is given up before. OSError."""
    while (lease := Lease.take(bucket, path)) is None:
        pause = random.uniform(*_POLL_SECONDS)  # noqa: S311  # so that not all ask at once
        if given_up.wait(pause):
            return None
    return lease


def _steady() -> float:
    return time.clock_gettime(_CLOCK)
