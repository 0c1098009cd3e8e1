"""One sealed table: a Delta Lake table that is made on its first commit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.errors import SpanlakeError
from spanlake.semconv.arrays import whole
from spanlake.storage.files.stores import store_of
from spanlake.storage.sealed import delta_log
from spanlake.storage.sealed.delta_log import LOG, Action, AddedFile
from spanlake.storage.sealed.sealing import PARTITION, Sealing

if TYPE_CHECKING:  # a lake without sealed tables need not wait for it
    from deltalake import DeltaTable, Schema

_CONFIGURATION = {
    "delta.logRetentionDuration": "interval 1 hours",
    # Checkpoints are made when the log is cleaned; see `upkeep`.
    "delta.checkpointInterval": "1000000",
}
_ATTEMPTS = 100

Micros = npt.NDArray[np.int64]


class SealedTableError(SpanlakeError):
    """The log of a sealed table cannot be read."""


@dataclass(frozen=True)
class SealedFiles:
    """The files of one version of a table, as parallel arrays.

    version: -1 for a table that is not there. earliest, latest: bounds of each of `times`,
    microseconds since the epoch; the widest there are where the log names none.
    """

    version: int = -1
    paths: Sequence[str] = ()
    sizes: Sequence[int] = ()
    rows: Sequence[int] = ()
    days: Sequence[str] = ()
    earliest: Mapping[str, Micros] = field(default_factory=dict)
    latest: Mapping[str, Micros] = field(default_factory=dict)

    def added(self, at: int) -> AddedFile:
        """One of the files, as the log names it."""
        return AddedFile(self.paths[at], self.sizes[at], self.days[at], self.rows[at])


class SealedTable:
    """The sealed rows of one table. For one thread.

    folder: where it is or will be.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self._store = store_of(folder)
        self.sealing = Sealing(schema)
        self._delta: DeltaTable | None = None
        self._files = SealedFiles()
        self._sealed: dict[str, int] = {}

    def refresh(self) -> SealedFiles:
        """The files of the newest version. SealedTableError when its log cannot be read."""
        if self._delta is None and not (self.folder / LOG).is_dir():
            return self._files
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            if self._delta is None:
                self._delta = self._opened()
            else:
                self._delta.update_incremental()
        except TableNotFoundError:
            return self._files
        except (DeltaError, OSError) as error:
            self._delta = None
            raise SealedTableError(f"{self.folder / LOG}: {error}") from error
        if self._delta.version() != self._files.version:
            self._files = self._listed(self._delta)
            self._sealed.clear()
        return self._files

    @property
    def version(self) -> int:
        """That of `refresh`; -1 for a table that is not there."""
        return self._files.version

    def sealed_up_to(self, writer: str) -> int:
        """The last commit of a writer that the version of `refresh` holds; 0 for none."""
        if self._delta is None:
            return 0
        if writer not in self._sealed:
            self._sealed[writer] = self._delta.transaction_version(writer) or 0
        return self._sealed[writer]

    def unsealed(self, hot: Iterable[Path]) -> list[Path]:
        """Those of some hot files that the version of `refresh` has not the rows of."""
        return [file for file in hot if int(file.stem) > self.sealed_up_to(file.parent.name)]

    def sealed_before(self, moment: float) -> "DeltaTable | None":
        """The table as it was at a moment, in seconds since the epoch, for `sealed_up_to`.

        None where the log does not reach back so far.
        """
        from deltalake.exceptions import DeltaError

        versions = [
            int(file.stem)
            for file in (self.folder / LOG).glob("[0-9]*.json")
            if file.stat().st_mtime <= moment
        ]
        if not versions or self._delta is None:
            return None
        newest = max(versions)
        if newest >= self._files.version:
            return self._delta
        try:
            return self._opened(newest)
        except (DeltaError, OSError):
            return None

    def create(self) -> None:
        """Make the table unless it is there, and give it the columns that it lacks."""
        from deltalake import Schema

        self._store.make_folder(self.folder / LOG)
        wanted = Schema.from_arrow(self.sealing.delta)
        self.refresh()
        if self._delta is None:
            actions = delta_log.creation(wanted.to_json(), PARTITION, _CONFIGURATION)
            delta_log.write_version(self.folder, 0, "CREATE TABLE", actions)
        elif missing := self._missing_fields(wanted):
            self._add_fields(missing)
        self.refresh()

    def commit(self, operation: str, actions: Iterable[Action]) -> bool:
        """Make these actions the version after that of `refresh`; False if that is taken by now."""
        version = self._files.version + 1
        if not delta_log.write_version(self.folder, version, operation, list(actions)):
            return False
        self.refresh()
        return True

    def delta(self) -> "DeltaTable":
        """The table for delta-rs, at the version of `refresh`; it must be there."""
        if self._delta is None:
            raise SealedTableError(f"{self.folder}: there is no table")
        return self._delta

    def _opened(self, version: int | None = None) -> "DeltaTable":
        from deltalake import DeltaTable

        options = self._store.delta_options()
        return DeltaTable(
            str(self.folder), version, storage_options=dict(options) if options else None
        )

    def _missing_fields(self, wanted: "Schema") -> list[str]:
        there = {each.name for each in self.delta().schema().fields}
        return [each.name for each in wanted.fields if each.name not in there]

    def _add_fields(self, missing: Sequence[str]) -> None:
        """Commit a schema that has the new columns after the old ones."""
        from deltalake import Schema

        old = pa.schema(self.delta().schema().to_arrow())
        fields = [*old, *(self.sealing.delta.field(name) for name in missing)]
        metadata = self.delta().metadata()
        action = delta_log.metadata(
            str(metadata.id),
            Schema.from_arrow(pa.schema(fields)).to_json(),
            PARTITION,
            metadata.configuration,
        )
        self.commit("ADD COLUMNS", [action])

    def _listed(self, delta: "DeltaTable") -> SealedFiles:
        actions = pa.table(delta.get_add_actions(flatten=True))
        times = self.sealing.times
        return SealedFiles(
            version=delta.version(),
            paths=actions["path"].to_pylist(),
            sizes=actions["size_bytes"].to_pylist(),
            rows=actions["num_records"].to_pylist(),
            days=[str(day) for day in actions[f"partition.{PARTITION}"].to_pylist()],
            earliest={name: _micros(actions, f"min.{name}", _FIRST) for name in times},
            latest={name: _micros(actions, f"max.{name}", _LAST) for name in times},
        )


_FIRST, _LAST = -(2**63), 2**63 - 1


def _micros(actions: pa.Table, column: str, unknown: int) -> Micros:
    if column not in actions.column_names:
        return np.full(len(actions), unknown, np.int64)
    values = whole(actions[column]).cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    micros: Micros = pc.fill_null(values, unknown).to_numpy(zero_copy_only=False)
    return micros
