"""The files of summaries. What they hold can be made anew, so that nobody waits for the disk."""

import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from spanlake.storage.digest import (
    DIGEST_KEY,
    DIGEST_PLACEHOLDER,
    DigestError,
    check_digest,
    write_digest,
)
from spanlake.storage.files.stores import store_of
from spanlake.storage.parquet_scan import file_names, quoted
from spanlake.storage.sql_text import sql_text
from spanlake.storage.summaries.manifest import (
    FOLDER,
    KINDS,
    drop_manifest,
    read_manifest,
    write_manifest,
)

# Whoever asks for the newest traces reads the texts of one row group.
_ROW_GROUP_ROWS = 8192
# How long a file outlives the manifest that named it: a query may still read it.
_GRACE_SECONDS = 3600.0


def copy_rows(connection: duckdb.DuckDBPyConnection, root: Path, name: str, rows: str) -> str:
    """Write the rows of a query as a file of summaries; its path from their folder."""
    path = f"{name}-{uuid.uuid4().hex}.parquet"
    digest = f"{quoted(DIGEST_KEY.decode())}: {quoted(DIGEST_PLACEHOLDER.decode())}"
    with store_of(root).new_file(root / FOLDER / path, is_durable=False) as draft:
        connection.execute(
            f"COPY ({rows}) TO {quoted(str(draft))}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP_ROWS},"
            # What has a dictionary has a bloom filter, too: a trace is found by its id.
            f" DICTIONARY_SIZE_LIMIT {_ROW_GROUP_ROWS}, KV_METADATA {{{digest}}})"
        )
        write_digest(draft)
    return path


def damaged_summaries(root: Path) -> list[Path]:
    """The files of summaries that are not as they were written, or are missing."""
    manifest = read_manifest(root)
    damaged = []
    for paths in manifest.files.values() if manifest else ():
        for path in paths:
            try:
                check_digest(root / FOLDER / path)
            except (DigestError, OSError):
                damaged.append(root / FOLDER / path)
    return damaged


def remove_unused(root: Path, used: Collection[str]) -> None:
    """Remove the files that no manifest has named for long enough."""
    before = store_of(root).now() - _GRACE_SECONDS
    for file in (root / FOLDER).glob("*.parquet"):
        with suppress(FileNotFoundError):
            if file.name not in used and file.stat().st_mtime < before:
                file.unlink()


def erase_summaries(root: Path, trace_ids: pa.StringArray) -> None:
    """Remove what is kept of some traces, at once and for good."""
    manifest = read_manifest(root)
    if manifest is None:
        forget_summaries(root)
        return
    folder = root / FOLDER
    replaced: list[str] = []
    files = {kind: list(manifest.files[kind]) for kind in KINDS}
    with duckdb.connect() as connection:
        store_of(root).attach(connection)
        connection.register("gone", pa.table({"trace_id": trace_ids}))
        if _has_partners(connection, [folder / path for path in files["responses"]]):
            forget_summaries(root)
            return
        for paths in files.values():
            for at, path in enumerate(paths):
                (name,) = file_names([folder / path])
                source = f"read_parquet({quoted(name)})"
                found = connection.execute(
                    f"SELECT 1 FROM {source} SEMI JOIN gone USING (trace_id) LIMIT 1"  # noqa: S608  # a file of ours
                ).fetchall()
                if found:
                    rows = f"SELECT * FROM {source} ANTI JOIN gone USING (trace_id)"  # noqa: S608  # the same
                    paths[at] = copy_rows(connection, root, path.rpartition("-")[0], rows)
                    replaced.append(path)
    write_manifest(root, replace(manifest, generation=manifest.generation + 1, files=files))
    for path in replaced:
        (folder / path).unlink(missing_ok=True)


def _has_partners(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> bool:
    """Whether a trace that stays tells of a response that one which goes tells of.

    It may be billed for it from now on.
    """
    names = ", ".join(quoted(name) for name in file_names(files))
    statement = sql_text("sums/gone_partners").replace("$files", f"[{names}]")
    return bool(connection.execute(statement).fetchall())


def forget_summaries(root: Path) -> None:
    """Let all be summed up anew, as what it was made of has changed; nothing of it stays."""
    drop_manifest(root)
    for file in (root / FOLDER).glob("*.parquet"):
        file.unlink(missing_ok=True)
