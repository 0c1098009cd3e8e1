"""Checkpoints of a sealed table's log, which delta-rs writes: each with its digest beside it."""

import hashlib
from pathlib import Path

from spanlake.storage.files.stores import store_of

_SUFFIX = ".digest"


def note_checkpoint(checkpoint: Path) -> None:
    """Write the digest of a checkpoint beside it, durably."""
    store_of(checkpoint).replace(_beside(checkpoint), _digest(checkpoint).encode())


def is_intact(checkpoint: Path) -> bool:
    """Whether a checkpoint is as it was when its digest was noted. OSError for one without."""
    return _beside(checkpoint).read_text("ascii") == _digest(checkpoint)


def _beside(checkpoint: Path) -> Path:
    # A name that starts with an underscore is nothing to those who read Delta tables.
    return checkpoint.with_name(f"_{checkpoint.name}{_SUFFIX}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
