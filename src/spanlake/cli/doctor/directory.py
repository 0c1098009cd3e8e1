"""Checks of the data directory: whose it is, what it lies on, and whether writes reach the disk."""

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from spanlake.cli.doctor.check import Check, fail, ok, warn
from spanlake.collector.health import MIN_FREE_BYTES

_LOW_FREE_BYTES = 1 << 30
_MIB = 1 << 20
_MOUNTS = Path("/proc/self/mountinfo")
_FORGETFUL = frozenset({"tmpfs", "ramfs"})
_REMOTE = ("nfs", "cifs", "smb", "9p", "fuse", "ceph", "gluster", "lustre")
_FSYNCS = 5
_PAGE = bytes(4096)
_SLOW_FSYNC_MS = 50.0


def check_directory(root: Path) -> list[Check]:
    """Every check of this module; of a directory that is not there yet, its nearest parent's."""
    if root.exists() and not root.is_dir():
        return [fail("data directory", f"{root} is a file", "name a directory with --data")]
    place = _nearest(root)
    writable = os.access(place, os.W_OK | os.X_OK)
    checks = [_directory(root, place, writable=writable), _file_system(place), _disk(place)]
    if writable:
        checks.append(_fsync(place))
    return checks


def _nearest(root: Path) -> Path:
    """The directory itself, or the one it would be made in."""
    absolute = root.absolute()
    return next(path for path in (absolute, *absolute.parents) if path.is_dir())


def _directory(root: Path, place: Path, *, writable: bool) -> Check:
    name = "data directory"
    is_there = place == root.absolute()
    fact = str(root.absolute()) + ("" if is_there else ", which serve will make")
    if not writable:
        return fail(name, f"{fact}: {place} is not writable", "name a directory you own: --data")
    owner = place.stat().st_uid
    if is_there and owner != os.geteuid():
        return warn(
            name,
            f"{fact} belongs to user {owner}, and you are {os.geteuid()}",
            "run Spanlake as one user, or files of one cannot be deleted by the other",
        )
    return ok(name, fact)


def _file_system(place: Path) -> Check:
    name = "file system"
    kind = _file_system_type(place)
    if kind is None:
        return ok(name, "of a kind this system does not tell")
    if kind in _FORGETFUL:
        return warn(name, f"{kind}: gone at the next start of the machine", "use a disk")
    if kind.startswith(_REMOTE):
        return warn(
            name,
            f"{kind}: locks and fsync are only as good as the other side",
            "prefer a local disk",
        )
    return ok(name, kind)


def _file_system_type(place: Path) -> str | None:
    """The type of the innermost mount that holds `place`, from Linux's own table."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    real = place.resolve()
    found: tuple[int, str] | None = None
    for line in lines:
        mount, _, source = line.partition(" - ")
        point = Path(mount.split()[4].encode().decode("unicode_escape"))
        depth = len(point.parts)
        if real.is_relative_to(point) and (found is None or depth >= found[0]):
            found = (depth, source.split()[0])
    return found and found[1]


def _disk(place: Path) -> Check:
    name = "free disk"
    usage = shutil.disk_usage(place)
    fact = f"{usage.free // _MIB:,} of {usage.total // _MIB:,} MiB"
    if usage.free < MIN_FREE_BYTES:
        return fail(name, fact, f"free some: under {MIN_FREE_BYTES // _MIB} MiB serve is not ready")
    if usage.free < _LOW_FREE_BYTES:
        return warn(name, fact, "free some, or move --data to a larger disk")
    return ok(name, fact)


def _fsync(place: Path) -> Check:
    name = "fsync"
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            median = statistics.median(_synced_ms(file.fileno()) for _ in range(_FSYNCS))
    except OSError as error:
        return fail(name, f"does not work: {error.strerror}", "use a local disk that is in order")
    fact = f"{median:.1f} ms for 4 KiB (median of {_FSYNCS})"
    if median > _SLOW_FSYNC_MS:
        return warn(name, fact, "expect as much before each request is answered; use a faster disk")
    return ok(name, fact)


def _synced_ms(file: int) -> float:
    """Milliseconds that one page takes to be written and synced."""
    began = time.perf_counter()
    os.write(file, _PAGE)
    os.fsync(file)
    return (time.perf_counter() - began) * 1000
