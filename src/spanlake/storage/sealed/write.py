"""Files to sealed files: sorted, a day each, durable, and not yet of any table."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template

import orjson
import pyarrow.parquet as pq

from spanlake.storage.digest import write_digest
from spanlake.storage.files.stores import store_of
from spanlake.storage.parquet import StoredRequest, metadata_of
from spanlake.storage.parquet_scan import column_types, file_names, quoted, schema_literal
from spanlake.storage.sealed.delta_log import AddedFile
from spanlake.storage.sealed.sealing import PARTITION, Sealing
from spanlake.storage.settings import connect
from spanlake.storage.sql_text import sql_text

# To find a trace is to read the texts of a row group; half as many rows cost two bytes a span.
ROW_GROUP_ROWS = 12_288
# A column with more distinct values in a row group is written as it is.
_DICTIONARY_VALUES = 4096
_MEMORY = "768MB"
# So many bytes compressed are sorted in memory; more would be sorted on the disk.
_SORTED_BYTES = 48 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """New files, and how many rows repeated others and are in none of them."""

    files: tuple[AddedFile, ...]
    repeated: int


class SealedWriter:
    """Writes the files of one sealed table. For one thread.

    folder: of the table. threads: how many cores it may take. What does not fit in memory goes to
    a folder beside the files, for a while.
    """

    def __init__(self, folder: Path, sealing: Sealing, *, threads: int = 1) -> None:
        self._folder = folder
        self._store = store_of(folder)
        self._sealing = sealing
        self._connection = connect(threads=threads, reads_ahead=False)
        self._connection.execute(f"SET memory_limit = '{_MEMORY}'")
        # A file is read once, and is gone soon after: what is known of it would only take memory.
        self._connection.execute("SET parquet_metadata_cache = false")
        self._connection.execute(f"SET temp_directory = {quoted(str(self._store.scratch(folder)))}")
        self._store.attach(self._connection)
        self._schema = schema_literal(column_types(self._connection, sealing.stored))
        self._columns = ", ".join(sealing.stored.names)

    def write_days(self, sources: Sequence[Path], requests: Sequence[StoredRequest]) -> Written:
        """Write the rows of these files, a new file for each day; the first names the requests.

        Raises OSError and duckdb.Error, and may leave files that no table names.
        """
        source, repeated = self._load(sources)
        days = self._connection.execute(
            self._select(source, "GROUP BY ALL ORDER BY ALL", "sealed_day::VARCHAR")
        ).fetchall()
        added: list[AddedFile] = []
        for (day,) in days:
            rows = self._select(source, f"WHERE sealed_day = '{day}' {self._order}")
            added.append(self._write(rows, day, [] if added else requests))
        self._connection.execute("DROP TABLE IF EXISTS distinct_rows")
        return Written(tuple(added), repeated)

    def interrupt(self) -> None:
        """Stop what another thread is writing; it raises duckdb.InterruptException."""
        self._connection.interrupt()

    def merge(self, old: Sequence[AddedFile], requests: Sequence[StoredRequest]) -> AddedFile:
        """Write the rows of files of one day as one file. Raises as `write_days` does."""
        names = ", ".join(quoted(name) for name in file_names(self._paths(old)))
        source = f"read_parquet([{names}], schema = {self._schema}, utf8_validation = 'replace')"
        # Larger ones are each in order already, and one after another in time.
        is_sorted = sum(file.size for file in old) > _SORTED_BYTES
        rows = self._select(source, "" if is_sorted else self._order)
        return self._write(rows, old[0].partition, requests)

    def _paths(self, added: Sequence[AddedFile]) -> list[Path]:
        return [self._folder / file.path for file in added]

    def _select(self, source: str, rest: str, columns: str = "") -> str:
        # Nothing in it comes from outside: names of our columns, of our files, and days.
        return f"SELECT {columns or self._columns} FROM {source} {rest}"  # noqa: S608

    @property
    def _order(self) -> str:
        return f"ORDER BY {', '.join(self._sealing.sorted_by)}"

    def _load(self, sources: Sequence[Path]) -> tuple[str, int]:
        """What has the rows of these files, without those that repeat others: how many they are.

        That is a view of the files where none repeats another, as it nearly always is.
        """
        times = [f"{name}::TIMESTAMPTZ" for name in self._sealing.times]
        arrived = "received_at" if "received_at" in self._sealing.times else times[-1]
        # One moment for all that is asked of the view: a row without a time has one day.
        now = f"TIMESTAMPTZ {quoted(datetime.now(UTC).isoformat())}"
        batch = _sql("batch").substitute(
            columns=self._columns,
            started=f"coalesce({', '.join(times)}, {now})",
            arrived=f"coalesce({arrived}, {now})",
            schema=self._schema,
        )
        names = {"names": file_names(sources)}
        self._connection.execute("SET VARIABLE spanlake_batch_files = $names", names)
        self._connection.execute(batch)
        keys = ", ".join(self._sealing.identified_by)
        twice = self._select("batch", "GROUP BY ALL HAVING count(*) > 1 LIMIT 1", keys)
        if not keys or not self._connection.execute(twice).fetchall():
            return "batch", 0
        told = [name for name in self._sealing.stored.names if name != "received_at"]
        deletion = _sql("repetitions").substitute(keys=keys, columns=", ".join(told))
        row = self._connection.execute(deletion).fetchone()
        return "distinct_rows", int(row[0]) if row else 0

    def _write(self, rows: str, day: str, requests: Sequence[StoredRequest]) -> AddedFile:
        relative = f"{PARTITION}={day}/{uuid.uuid4().hex}.parquet"
        with self._store.new_file(self._folder / relative) as draft:
            statement = _sql("file").substitute(
                rows=rows,
                path=str(draft).replace("'", "''"),
                row_group_rows=ROW_GROUP_ROWS,
                dictionary_values=_DICTIONARY_VALUES,
                metadata=", ".join(
                    f"{quoted(key.decode())}: {quoted(value.decode())}"
                    for key, value in metadata_of(requests).items()
                ),
            )
            self._connection.execute(statement)
            write_digest(draft)
            footer = pq.read_metadata(draft)
            size = draft.stat().st_size
        stats = stats_of(footer, self._sealing)
        return AddedFile(relative, size, day, footer.num_rows, stats)


def stats_of(footer: pq.FileMetaData, sealing: Sealing) -> str:
    """How many rows a file has and the bounds of its columns, as the log of the table says it."""
    minima: dict[str, object] = {}
    maxima: dict[str, object] = {}
    nulls: dict[str, int] = {}
    at = {footer.schema.column(at).path: at for at in range(footer.num_columns)}
    for name in sealing.bounded:
        chunks = [
            footer.row_group(group).column(at[name]).statistics
            for group in range(footer.num_row_groups)
        ]
        told = [chunk for chunk in chunks if chunk is not None]  # a file without rows has none
        nulls[name] = sum(chunk.null_count for chunk in told)
        bounds = [(chunk.min, chunk.max) for chunk in told if chunk.has_min_max]
        if bounds:
            minima[name] = _as_json(min(low for low, _ in bounds))
            maxima[name] = _as_json(max(high for _, high in bounds))
    stats = {
        "numRecords": footer.num_rows,
        "minValues": minima,
        "maxValues": maxima,
        "nullCount": nulls,
    }
    return orjson.dumps(stats).decode()


def _as_json(value: object) -> object:
    """A bound as Delta writes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value


def _sql(name: str) -> Template:
    return Template(sql_text(f"sealing/{name}"))
