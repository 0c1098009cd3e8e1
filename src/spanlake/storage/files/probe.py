"""Whether a server keeps its word on conditional writes, without which collectors lose data."""

import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from spanlake.errors import UserError
from spanlake.storage.files.object_path import ObjectPath

if TYPE_CHECKING:
    from spanlake.storage.files.bucket import Bucket

_TAG = '"00000000000000000000000000000000"'


def server_ahead(bucket: "Bucket", folder: Path) -> float:
    """By how many seconds the server's clock is ahead of this machine's.

    UserError for a server that overwrites an object which it was told not to; OSError when it does
    not answer. Leaves nothing in the folder if it can.
    """
    trial = ObjectPath(str(folder / f"probe-{uuid.uuid4().hex}"))
    try:
        bucket.create(trial, b"first")
        _, entry = bucket.read_with_tag(trial)
        ahead = entry.changed - time.time()
        if bucket.create(trial, b"second") or bucket.read(trial) != b"first":
            raise _ignores(folder.parent, "If-None-Match")
        try:
            bucket.swap(trial, b"third", _TAG)
        except OSError:
            pass
        else:
            raise _ignores(folder.parent, "If-Match")
        bucket.swap(trial, b"third", entry.e_tag)
    finally:
        with suppress(OSError):
            bucket.remove(trial)
    return ahead


def _ignores(root: Path, header: str) -> UserError:
    return UserError(
        f"--data is {root}: its server ignores {header}, so that two writers would "
        "overwrite each other unnoticed; use one that has conditional writes, such as AWS S3, "
        "Ceph, MinIO or R2"
    )
