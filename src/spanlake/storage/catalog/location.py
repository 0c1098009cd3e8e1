"""Where the catalog of a data directory is: a SQLite file in it, or what was configured.

A server notes a configured place in <data>/catalog.url, without the password. So a command that is
told the data directory alone finds the same catalog.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.files.state import make_state_folder, state_folder
from spanlake.storage.files.stores import store_of

_FILE_NAME = "catalog.sqlite"
_NOTE = "catalog.url"
_SQLITE = "sqlite:///"
_SECRETS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Location:
    """A SQLite file, or else the URL of a Postgres database, which may hold a password."""

    file: Path | None = None
    url: str = field(default="", repr=False)

    @classmethod
    def of_url(cls, url: str) -> Self:
        """Read sqlite:///FILE, whose path is relative to the working directory, or another URL."""
        if url.startswith(_SQLITE):
            # Everything after the slashes is the name, whatever characters are in it.
            return cls(file=Path(url.removeprefix(_SQLITE)).absolute())
        return cls(url=url)

    @property
    def exists(self) -> bool:
        """Whether there is a catalog, as far as can be told without asking a server."""
        return self.file is None or self.file.exists()

    def __str__(self) -> str:
        """What may be shown: without the password."""
        return str(self.file) if self.file else _without_secrets(urlsplit(self.url))

    @property
    def as_url(self) -> str:
        """The URL, without the password."""
        return f"{_SQLITE}{self.file}" if self.file else str(self)


def default_location(root: Path) -> Location:
    """The SQLite file in a data directory, or in this user's folder for a lake in a bucket."""
    return Location(file=state_folder(root) / _FILE_NAME)


def find_location(root: Path, told: Location | None = None) -> Location:
    """Where a reader of a data directory finds its catalog.

    told: by the user; else it is what the directory's server has noted, or the file in it.
    NotFoundError when there is no such directory to look into.
    """
    if told is not None:
        return told
    check_directory(root)
    return _noted(root) or default_location(root)


def check_directory(root: Path) -> None:
    """Raise NotFoundError unless there is such a data directory."""
    try:
        is_there = root.is_dir()
    except OSError as error:  # of a bucket
        raise UserError(
            f"--data is {root}: cannot be read ({error.strerror or error}); "
            "check AWS_ENDPOINT_URL, the bucket, and what the credentials allow"
        ) from None
    if not is_there:
        wrong = "not a directory" if root.exists() else "no such directory"
        raise NotFoundError(
            f"--data is {root}: {wrong}; start `spanlake serve --data {root}`, "
            f"or try `spanlake demo --data {root}`"
        )


def note_location(root: Path, location: Location) -> None:
    """Let those who are told the data directory find this catalog. Raises OSError."""
    note = root / _NOTE
    if isinstance(root, ObjectPath):
        make_state_folder(root)
        # A file of this machine is of no use to others.
        if location.file is None:
            store_of(root).replace(note, f"{location.as_url}\n".encode())
        return
    if location == default_location(root):
        note.unlink(missing_ok=True)
        return
    draft = note.with_name(f"{_NOTE}.{os.getpid()}.tmp")
    with suppress(FileNotFoundError):
        draft.unlink()
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w") as file:  # noqa: PTH123  # the mode
        file.write(f"{location.as_url}\n")
    draft.replace(note)


def _noted(root: Path) -> Location | None:
    try:
        return Location.of_url((root / _NOTE).read_text("utf-8").strip())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{root / _NOTE} cannot be read ({error}); run this as the user that owns it"
        ) from None


def _without_secrets(url: SplitResult) -> str:
    who, at, where = url.netloc.rpartition("@")
    options = [(key, value) for key, value in parse_qsl(url.query) if key not in _SECRETS]
    return url._replace(
        netloc=who.partition(":")[0] + at + where, query=urlencode(options, safe="/")
    ).geturl()
