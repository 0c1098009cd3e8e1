"""Commits to the log of a Delta Lake table that are durable before anybody sees them.

delta-rs reads these tables, checkpoints them and cleans their logs. It does not ask the disk to
keep what it commits, so the commits are written here, by the protocol's own rules: a version is a
file of JSON lines, and whoever makes it first has it.
"""

import hashlib
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path

import orjson

from spanlake.storage.files.stores import store_of

LOG = "_delta_log"
_DIGEST = "spanlake.digest"
_SIZE = 16

Action = Mapping[str, object]
"""A line of a commit, such as {"add": {…}}."""


@dataclass(frozen=True, slots=True)
class AddedFile:
    """A data file. path: from the table's folder. stats: of its columns, as Delta's JSON has it."""

    path: str
    size: int
    partition: str
    rows: int
    stats: str = "{}"


def log_file(table: Path, version: int) -> Path:
    """The file of one commit."""
    return table / LOG / f"{version:020d}.json"


def write_version(table: Path, version: int, operation: str, actions: Sequence[Action]) -> bool:
    """Make these actions a table's version `version`; False when there is one already."""
    lines = [orjson.dumps(action) for action in actions]
    info = {
        "timestamp": now_ms(),
        "operation": operation,
        "operationParameters": {},
        "engineInfo": f"spanlake/{package_version('spanlake')}",
        _DIGEST: digest_of(lines),
    }
    content = b"\n".join([orjson.dumps({"commitInfo": info}), *lines]) + b"\n"
    return store_of(table).create(log_file(table, version), content)


def has_own_digest(content: bytes) -> bool | None:
    """Whether a commit's bytes are as they were written; None for a commit that others wrote.

    ValueError for what is no commit.
    """
    first, *lines = content.splitlines()
    info = orjson.loads(first).get("commitInfo", {})
    for line in lines:
        orjson.loads(line)
    told = info.get(_DIGEST)
    return None if told is None else bool(told == digest_of(lines))


def digest_of(lines: Sequence[bytes]) -> str:
    """The digest of some lines."""
    return hashlib.blake2b(b"\n".join(lines), digest_size=_SIZE).hexdigest()


def creation(schema_json: str, partition: str, configuration: Mapping[str, str]) -> list[Action]:
    """What makes a table, as its version 0."""
    return [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        metadata(str(uuid.uuid4()), schema_json, partition, configuration),
    ]


def metadata(
    table_id: str, schema_json: str, partition: str, configuration: Mapping[str, str]
) -> Action:
    """What the columns of a table are."""
    return {
        "metaData": {
            "id": table_id,
            "format": {"provider": "parquet", "options": {}},
            "schemaString": schema_json,
            "partitionColumns": [partition],
            "configuration": dict(configuration),
            "createdTime": now_ms(),
        }
    }


def transaction(app_id: str, version: int) -> Action:
    """How far a writer has been taken over."""
    return {"txn": {"appId": app_id, "version": version, "lastUpdated": now_ms()}}


def addition(file: AddedFile, partition: str, *, is_new_data: bool) -> Action:
    """A file that is now of the table."""
    return {
        "add": {
            "path": file.path,
            "partitionValues": {partition: file.partition},
            "size": file.size,
            "modificationTime": now_ms(),
            "dataChange": is_new_data,
            "stats": file.stats,
        }
    }


def removal(file: AddedFile, partition: str, *, is_new_data: bool) -> Action:
    """A file that is no longer of the table; it stays on disk until it is vacuumed."""
    return {
        "remove": {
            "path": file.path,
            "deletionTimestamp": now_ms(),
            "dataChange": is_new_data,
            "extendedFileMetadata": True,
            "partitionValues": {partition: file.partition},
            "size": file.size,
        }
    }


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
