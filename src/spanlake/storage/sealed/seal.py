"""Sealing: hot files become files of the Delta table, each row exactly once whatever dies when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from spanlake.storage.digest import DigestError, check_digest
from spanlake.storage.parquet import DamagedFileError, StoredRequest, read_requests
from spanlake.storage.quarantine import quarantine
from spanlake.storage.sealed.delta_log import addition, transaction
from spanlake.storage.sealed.delta_table import SealedTable, SealedTableError
from spanlake.storage.sealed.sealing import PARTITION
from spanlake.storage.sealed.write import SealedWriter, Written

# Of hot files at once: ten times as much in memory.
_BATCH_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was sealed. repeated: rows left out because they were there already."""

    files: int = 0
    rows: int = 0
    repeated: int = 0

    def __add__(self, other: "Sealed") -> "Sealed":
        return Sealed(
            self.files + other.files,
            self.rows + other.rows,
            self.repeated + other.repeated,
        )


class _Batch(NamedTuple):
    """Hot files that are sealed together, and how far that takes each writer."""

    files: list[Path]
    up_to: dict[str, int]


def seal(table: SealedTable, writer: SealedWriter, hot: Sequence[Path]) -> Sealed:
    """Seal all settled hot files that are not sealed yet, given by writer and sequence.

    Only one process may do this at a time. OSError when the disk does not take it: what was
    committed before that stays sealed, and the rest stays hot.
    """
    table.create()
    done = Sealed()
    for batch in _batches(hot):
        done += _seal_batch(table, writer, batch)
    return done


def _batches(hot: Iterable[Path]) -> Iterable[_Batch]:
    files: list[Path] = []
    up_to: dict[str, int] = {}
    size = 0
    for file in hot:
        files.append(file)
        up_to[file.parent.name] = int(file.stem)
        size += file.stat().st_size
        if size >= _BATCH_BYTES:
            yield _Batch(files, up_to)
            files, up_to, size = [], {}, 0
    if files:
        yield _Batch(files, up_to)


def _seal_batch(table: SealedTable, writer: SealedWriter, batch: _Batch) -> Sealed:
    sound: list[Path] = []
    requests: list[StoredRequest] = []
    for file in batch.files:
        try:
            check_digest(file)
            requests += read_requests(file)
        except (DamagedFileError, DigestError) as error:
            quarantine(table.folder.parent.parent, file, str(error), is_told=False)
        else:
            sound.append(file)
    written = writer.write_days(sound, requests) if sound else Written((), 0)
    actions = [
        *(transaction(name, sequence) for name, sequence in batch.up_to.items()),
        *(addition(file, PARTITION, is_new_data=True) for file in written.files),
    ]
    while not table.commit("WRITE", actions):
        table.refresh()
        if len(table.unsealed(batch.files)) < len(batch.files):
            raise SealedTableError(f"{table.folder}: somebody else seals the same files")
    return Sealed(len(sound), sum(file.rows for file in written.files), written.repeated)
