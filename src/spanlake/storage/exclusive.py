"""Who changes stored files does so alone: two would each bring back what the other changed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from spanlake.storage.layout import Layout


@contextmanager
def exclusive(layout: Layout, given_up: threading.Event | None = None) -> Iterator[None]:
    """Change stored files, while nobody else does; waits until whoever does so has finished.

    UserError for a data directory that cannot be written to, InterruptedError when it is given up.
    """
    store = layout.store
    try:
        layout.writers.mkdir(exist_ok=True)
        claim = store.claim(
            layout.writers / "rewrite.lock", wait_unless=given_up or threading.Event()
        )
    except OSError as error:
        raise layout.unwritable(error, "run this as the user that owns it") from None
    if claim is None:
        raise InterruptedError("it was told to end")
    try:
        with store.under(claim):
            yield
    finally:
        claim.close()
