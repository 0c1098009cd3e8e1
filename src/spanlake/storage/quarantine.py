"""Damaged files are put aside, whole, where no query reads them and a person finds them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from spanlake import log
from spanlake.storage.files.stores import store_of

_log = log.get(__name__)
FOLDER = "quarantine"


class Loss(NamedTuple):
    """A file that is missing from the data directory, as it was named there, and why."""

    file: Path
    reason: str


def quarantine(root: Path, file: Path, reason: str, *, is_told: bool = True) -> Path:
    """Move a file of the data directory `root` into its quarantine; the path that it has there."""
    aside = aside_of(root, file)
    note_loss(root, file, reason, is_told=is_told)
    store_of(root).move(file, aside)
    return aside


def note_loss(root: Path, file: Path, reason: str, *, is_told: bool = True) -> None:
    """Write down what is missing from the data directory from now on, and why.

    is_told: False for what `spanlake verify` has to tell of, as nobody else does.
    """
    folder = root / FOLDER
    store = store_of(root)
    store.make_folder(folder)
    note = {
        "file": file.relative_to(root).as_posix(),
        "reason": reason,
        "found_at": datetime.now(UTC),
        "is_told": is_told,
    }
    store.replace(folder / f"{_name(root, file)}.json", orjson.dumps(note))
    _log.error("storage.quarantined", file=str(file), reason=reason)


def quarantined(root: Path) -> list[str]:
    """The files that are missing from the data directory, as they were named there."""
    notes = sorted((root / FOLDER).glob("*.json"))
    return [str(orjson.loads(note.read_bytes())["file"]) for note in notes]


def untold(root: Path) -> list[Loss]:
    """What was noted as missing, and nobody was told of."""
    notes = [orjson.loads(note.read_bytes()) for note in sorted((root / FOLDER).glob("*.json"))]
    return [
        Loss(root / note["file"], note["reason"]) for note in notes if not note.get("is_told", True)
    ]


def aside_of(root: Path, file: Path) -> Path:
    """The path that a file has in quarantine, if it is there."""
    return root / FOLDER / _name(root, file)


def _name(root: Path, file: Path) -> str:
    return "__".join(file.relative_to(root).parts)
