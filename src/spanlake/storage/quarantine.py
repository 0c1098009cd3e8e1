"""Damaged files are put aside, whole, where no query reads them and a person finds them."""

from datetime import UTC, datetime
from pathlib import Path

import orjson

from spanlake import log
from spanlake.storage.files.stores import store_of

_log = log.get(__name__)
FOLDER = "quarantine"


def quarantine(root: Path, file: Path, reason: str) -> Path:
    """Move a file of the data directory `root` into its quarantine; the path that it has there."""
    aside = root / FOLDER / _name(root, file)
    note_loss(root, file, reason)
    store_of(root).move(file, aside)
    return aside


def note_loss(root: Path, file: Path, reason: str) -> None:
    """Write down what is missing from the data directory from now on, and why."""
    folder = root / FOLDER
    store = store_of(root)
    store.make_folder(folder)
    note = {
        "file": file.relative_to(root).as_posix(),
        "reason": reason,
        "found_at": datetime.now(UTC),
    }
    store.replace(folder / f"{_name(root, file)}.json", orjson.dumps(note))
    _log.error("storage.quarantined", file=str(file), reason=reason)


def quarantined(root: Path) -> list[str]:
    """The files that are missing from the data directory, as they were named there."""
    notes = sorted((root / FOLDER).glob("*.json"))
    return [str(orjson.loads(note.read_bytes())["file"]) for note in notes]


def _name(root: Path, file: Path) -> str:
    return "__".join(file.relative_to(root).parts)
