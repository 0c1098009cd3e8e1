"""What nobody needs any more goes, once every reader that may still use it has had time to end."""

from functools import cache
from itertools import pairwise

from spanlake.storage.files.stores import store_of
from spanlake.storage.layout import Layout
from spanlake.storage.sealed.checkpoint import note_checkpoint
from spanlake.storage.sealed.delta_log import LOG
from spanlake.storage.sealed.delta_table import SealedTable
from spanlake.storage.summaries.manifest import SOURCES, Manifest

HOT_GRACE_SECONDS = 120.0
"""How long a hot file outlives its sealing: a query that was planned before may still read it."""
SEALED_GRACE_HOURS = 1
_COMMITS_A_CHECKPOINT = 20


def drop_sealed_hot_files(
    layout: Layout, name: str, table: SealedTable, manifest: Manifest | None, *, grace: float
) -> int:
    """Remove the hot files that have been sealed `grace` seconds ago; how many there were.

    manifest: of the summaries. What is not summed up yet stays: by it is known what has changed.
    """
    hot = layout.hot_files(name)
    long_sealed = table.sealed_before(layout.store.now() - grace) if hot else None
    if long_sealed is None:
        return 0
    # It reads the log each time, which takes a while in a bucket.
    sealed_up_to = cache(long_sealed.transaction_version)
    dropped = 0
    for file in hot:
        if int(file.stem) > (sealed_up_to(file.parent.name) or 0):
            continue
        if manifest is not None and name in SOURCES and not manifest.is_covered(name, file):
            continue
        file.unlink(missing_ok=True)
        dropped += 1
    notes = layout.hot_notes(name) if dropped else []
    for note, following in pairwise(notes):
        # The last of a writer stays: should what is sealed get lost, it tells how much there was.
        is_sealed = int(note.stem) <= (sealed_up_to(note.parent.name) or 0)
        if is_sealed and following.parent == note.parent:
            note.unlink(missing_ok=True)
    return dropped


def vacuum(table: SealedTable, *, grace_hours: int) -> int:
    """Remove files that no version of the last hours has; how many there were."""
    if table.refresh().version < 0:
        return 0
    unused = table.delta().vacuum(
        retention_hours=grace_hours, dry_run=True, enforce_retention_duration=False, full=True
    )
    for path in unused:
        (table.folder / path).unlink(missing_ok=True)
    return len(unused)


def clean_log(table: SealedTable) -> bool:
    """Sum the log up when it has grown, and remove what that makes needless; whether it had."""
    version = table.refresh().version
    if version < 0:
        return False
    log = table.folder / LOG
    newest = max((int(file.name[:20]) for file in log.glob("*.checkpoint.parquet")), default=0)
    if version - newest < _COMMITS_A_CHECKPOINT:
        return False
    delta = table.delta()
    delta.create_checkpoint()
    # delta-rs does not wait for the disk, and the commits may only go when it has the checkpoint.
    checkpoint = log / f"{version:020d}.checkpoint.parquet"
    store = store_of(log)
    store.settle(checkpoint)
    note_checkpoint(checkpoint)
    store.settle(log / "_last_checkpoint")
    store.settle(log)
    delta.cleanup_metadata()
    return True
