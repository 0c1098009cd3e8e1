"""Checks of a bucket: whether it answers, how fast, and whether it keeps conditional writes."""

import time

from spanlake.cli.doctor.check import Check, fail, ok, warn
from spanlake.errors import UserError
from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.files.stores import bucket_of

_SLOW_SECONDS = 0.5


def check_bucket(root: ObjectPath) -> list[Check]:
    """Every check of this module. It writes an object and removes it again."""
    name = "bucket"
    began = time.monotonic()
    try:
        is_there = root.is_dir()
        seconds = time.monotonic() - began
        bucket_of(root).prove(root / "writers")
    except UserError as error:
        return [fail(name, str(error), "use a server that has conditional writes")]
    except OSError as error:
        fact = f"{root}: {error.strerror or error}"
        return [fail(name, fact, "check AWS_ENDPOINT_URL, the bucket and the credentials")]
    fact = f"{root}" + ("" if is_there else ", where serve will begin a lake")
    fact += f"; lists in {seconds * 1000:.0f} ms, keeps conditional writes"
    if seconds > _SLOW_SECONDS:
        return [warn(name, fact, "run Spanlake near the bucket: every query lists it")]
    return [ok(name, fact)]
