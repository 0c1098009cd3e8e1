"""Where things are in a data directory, or below a prefix of a bucket.

<data>/writers/0001.lock                    held by the process that writes as 0001
<data>/spans/hot/0001/000000000042.parquet  one commit; the sequence counts up from 1
<data>/spans/hot/0001/000000000042.last     the writer stopped after this one
<data>/spans/sealed/                        a Delta Lake table of what was committed before
"""

import re
from dataclasses import dataclass
from pathlib import Path

from spanlake.errors import UserError
from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.files.port import Store
from spanlake.storage.files.state import state_folder
from spanlake.storage.files.stores import store_of

_HOT_FILE = re.compile(r"\d{12}\.parquet")
_HOT_NOTE = re.compile(r"\d{12}\.(given-up|last)")
_WRITER = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one data directory."""

    root: Path

    @property
    def state(self) -> Path:
        """The folder of what is of this machine alone: the directory itself, if it is one."""
        return state_folder(self.root)

    @property
    def writers(self) -> Path:
        """The folder of writer locks."""
        return self.root / "writers"

    def hot(self, table: str, writer: str) -> Path:
        """The folder of one writer's commits to one table."""
        return self.root / table / "hot" / writer

    def hot_file(self, table: str, writer: str, sequence: int) -> Path:
        """The file of one commit."""
        return self.hot(table, writer) / f"{sequence:012d}.parquet"

    def sealed(self, table: str) -> Path:
        """The folder of a table's Delta Lake table."""
        return self.root / table / "sealed"

    @property
    def store(self) -> Store:
        """What the files are in."""
        return store_of(self.root)

    def unwritable(self, error: OSError, advice: str) -> UserError:
        """What a user is told who cannot write here. advice: for a directory."""
        if isinstance(self.root, ObjectPath):
            advice = "check AWS_ENDPOINT_URL, the bucket, and what the credentials allow"
        return UserError(
            f"--data is {self.root}: cannot be written ({error.strerror or error}); {advice}"
        )

    def hot_folders(self, table: str) -> list[Path]:
        """The folder of every writer's commits to a table, by writer."""
        hot = self.root / table / "hot"
        return sorted(each for each, _ in self.store.walk(hot) if _is_writers(each, hot))

    def hot_files(self, table: str) -> list[Path]:
        """Every committed file of a table, by writer and sequence, and nothing that is not ours."""
        return self._in_hot(table, _HOT_FILE)

    def hot_notes(self, table: str) -> list[Path]:
        """What writers noted beside these: which were taken back, and which was the last one."""
        return self._in_hot(table, _HOT_NOTE)

    def _in_hot(self, table: str, name: re.Pattern[str]) -> list[Path]:
        hot = self.root / table / "hot"
        files: list[Path] = []
        for folder, names in sorted(self.store.walk(hot)):
            if _is_writers(folder, hot):
                files += [folder / each for each in sorted(names) if name.fullmatch(each)]
        return files


def _is_writers(folder: Path, hot: Path) -> bool:
    return folder.parent == hot and _WRITER.fullmatch(folder.name) is not None
