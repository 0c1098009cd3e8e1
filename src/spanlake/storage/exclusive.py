"""Who changes stored files does so alone: two would each bring back what the other changed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from spanlake.errors import UserError
from spanlake.storage.layout import Layout


@contextmanager
def exclusive(layout: Layout) -> Iterator[None]:
    """Change stored files, while nobody else does; waits until whoever does so has finished.

    UserError for a data directory that cannot be written to.
    """
    path = layout.writers / "rewrite.lock"
    try:
        layout.writers.mkdir(exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise UserError(
            f"--data is {layout.root}: cannot be written ({error.strerror}); "
            "run this as the user that owns it"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
