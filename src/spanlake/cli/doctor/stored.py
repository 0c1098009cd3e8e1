"""Checks of what is stored, and of the clock that it was stored by."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from spanlake.cli.doctor.check import Check, fail, ok, warn
from spanlake.storage.inventory import Inventory, take_inventory
from spanlake.storage.layout import Layout

_FUTURE = timedelta(seconds=5)
_CLOCK_SECONDS = 0.1
_CLOCK_TOLERANCE = 0.02


def check_stored(root: Path) -> list[Check]:
    """Every check of this module."""
    try:
        inventory = take_inventory(Layout(root))
    except OSError as error:
        fact = f"{error.filename} cannot be listed: {error.strerror}"
        return [fail("stored files", fact, "run as the user that owns the data"), _clock(None)]
    return [_files(inventory), _clock(inventory.newest_received)]


def _files(inventory: Inventory) -> Check:
    name = "stored files"
    size = f"{inventory.files:,} files, {inventory.rows:,} rows, {inventory.size_bytes:,} bytes"
    if not inventory.unreadable:
        return ok(name, size)
    first = inventory.unreadable[0]
    return fail(
        name,
        f"{size}; {len(inventory.unreadable)} unreadable, first {first.path}: {first.reason}",
        "restore them from a backup, or move them out of the data directory: their rows are lost",
    )


def _clock(newest: datetime | None) -> Check:
    name = "clock"
    now = datetime.now(UTC)
    fact = f"{now:%Y-%m-%dT%H:%M:%SZ}, local time is UTC{now.astimezone():%z}"
    if newest is not None and newest > now + _FUTURE:
        return warn(
            name,
            f"{fact}; the newest stored row arrived at {newest:%Y-%m-%dT%H:%M:%SZ}, in the future",
            "set the clock (timedatectl), else --since and retention go wrong",
        )
    drift = _drift()
    if abs(drift) > _CLOCK_TOLERANCE:
        return warn(
            name,
            f"{fact}; it is being moved: {drift * 1000:+.0f} ms in {_CLOCK_SECONDS} s",
            "let the time service settle",
        )
    return ok(name, fact)


def _drift() -> float:
    """Seconds that the wall clock gains on the steady one in a moment."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(_CLOCK_SECONDS)
    return (time.time() - wall) - (time.monotonic() - steady)
