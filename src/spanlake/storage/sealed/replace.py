"""A sealed file replaced by one with other rows, in one commit."""

import uuid
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.storage.digest import write_digest
from spanlake.storage.files.stores import store_of
from spanlake.storage.parquet import StoredRequest, metadata_of, read_requests, sealed_options
from spanlake.storage.sealed.delta_log import AddedFile, addition, removal
from spanlake.storage.sealed.delta_table import SealedTable
from spanlake.storage.sealed.sealing import PARTITION
from spanlake.storage.sealed.write import ROW_GROUP_ROWS, stats_of


def replace_sealed(table: SealedTable, path: Path, rows: Iterable[pa.Table]) -> None:
    """Let a table have these rows instead of those of one of its files, which stays on disk.

    rows: in the order of the file. Raises FileNotFoundError when the table has the file no more.
    """
    relative = path.relative_to(table.folder).as_posix()
    files = table.refresh()
    if relative not in files.paths:
        raise FileNotFoundError(path)
    old = files.added(list(files.paths).index(relative))
    requests = read_requests(path)
    new = _write(table, old, rows, requests)
    actions = [removal(old, PARTITION, is_new_data=True)]
    # An empty file still answers for its requests.
    if new.rows or requests:
        actions.append(addition(new, PARTITION, is_new_data=True))
    while not table.commit("DELETE" if new.rows < old.rows else "UPDATE", actions):
        if relative not in table.refresh().paths:
            (table.folder / new.path).unlink()
            raise FileNotFoundError(path)


def drop_sealed(table: SealedTable, path: Path) -> None:
    """Let a table have the rows of one of its files no more; the file stays on disk."""
    relative = path.relative_to(table.folder).as_posix()
    while relative in (files := table.refresh()).paths:
        old = files.added(list(files.paths).index(relative))
        if table.commit("DELETE", [removal(old, PARTITION, is_new_data=True)]):
            return


def _write(
    table: SealedTable, old: AddedFile, rows: Iterable[pa.Table], requests: list[StoredRequest]
) -> AddedFile:
    relative = f"{PARTITION}={old.partition}/{uuid.uuid4().hex}.parquet"
    path = table.folder / relative
    schema = table.sealing.stored
    with store_of(path).new_file(path) as draft:
        with pq.ParquetWriter(draft, schema, **sealed_options(schema, ROW_GROUP_ROWS)) as writer:
            for some in rows:
                writer.write_table(
                    some.select(schema.names).cast(schema), row_group_size=ROW_GROUP_ROWS
                )
            writer.add_key_value_metadata(metadata_of(requests))
        write_digest(draft)
        footer = pq.read_metadata(draft)
        size = draft.stat().st_size
    stats = stats_of(footer, table.sealing)
    return AddedFile(relative, size, old.partition, footer.num_rows, stats)
