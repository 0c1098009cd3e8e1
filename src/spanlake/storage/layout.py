"""Where things are in a data directory.

<data>/writers/0001.lock                    held by the process that writes as 0001
<data>/spans/hot/0001/000000000042.parquet  one commit; the sequence counts up from 1
<data>/spans/sealed/                        a Delta Lake table of what was committed before
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_HOT_FILE = re.compile(r"\d{12}\.parquet")
_WRITER = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one data directory."""

    root: Path

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

    def hot_folders(self, table: str) -> list[Path]:
        """The folder of every writer's commits to a table, by writer."""
        hot = self.root / table / "hot"
        if not hot.is_dir():
            return []
        with os.scandir(hot) as entries:
            return sorted(
                Path(entry)
                for entry in entries
                if _WRITER.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            )

    def hot_files(self, table: str) -> list[Path]:
        """Every committed file of a table, by writer and sequence, and nothing that is not ours."""
        files: list[Path] = []
        for folder in self.hot_folders(table):
            with os.scandir(folder) as entries:
                files += sorted(
                    Path(entry)
                    for entry in entries
                    if _HOT_FILE.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
                )
        return files
