import stat
from pathlib import Path

import pytest

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.location import (
    Location,
    default_location,
    find_location,
    note_location,
)

SERVER = "postgresql://me:p%40ss@db.example:5433/spans?sslmode=require&sslpassword=x"
SHOWN = "postgresql://me@db.example:5433/spans?sslmode=require"


@pytest.mark.parametrize("name", ["data", "it's 100% a?b#c", "ü"])
def test_the_default_is_a_file_in_the_data(tmp_path: Path, name: str) -> None:
    """Without being told otherwise, the catalog is a SQLite file in the data directory."""
    root = tmp_path / name
    root.mkdir()
    location = find_location(root)
    assert location == default_location(root) == Location(file=root / "catalog.sqlite")
    assert str(location) == f"{root}/catalog.sqlite"
    assert Location.of_url(location.as_url) == location


def test_a_file_may_be_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of a SQLite URL is relative to the working directory, unless it has four slashes."""
    monkeypatch.chdir(tmp_path)
    assert Location.of_url("sqlite:///a/b.db") == Location(file=tmp_path / "a" / "b.db")
    assert Location.of_url("sqlite:////a/b.db") == Location(file=Path("/a/b.db"))


def test_what_the_server_noted_is_found(tmp_path: Path) -> None:
    """A command that is told the directory alone finds the catalog of its server."""
    note_location(tmp_path, Location.of_url(SERVER))
    assert find_location(tmp_path) == Location(url=SHOWN)
    note_location(tmp_path, Location.of_url("sqlite:////elsewhere/c.sqlite"))
    assert find_location(tmp_path) == Location(file=Path("/elsewhere/c.sqlite"))
    told = Location.of_url(SERVER)
    assert find_location(tmp_path, told) is told
    note_location(tmp_path, default_location(tmp_path))
    assert find_location(tmp_path) == default_location(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_note_has_no_password(tmp_path: Path) -> None:
    """No password is written to disk or shown, wherever in the URL it is."""
    location = Location.of_url(SERVER)
    note_location(tmp_path, location)
    (note,) = tmp_path.iterdir()
    assert note.read_text() == f"{SHOWN}\n"
    assert stat.S_IMODE(note.stat().st_mode) & 0o007 == 0
    assert str(location) == SHOWN
    assert "p%40ss" not in repr(location)
    socket = "postgresql://me@/spans?host=/run/postgresql"
    assert str(Location.of_url(socket)) == socket


def test_an_older_attempt_is_no_obstacle(tmp_path: Path) -> None:
    """A note is written although one was cut short, and again although it is there."""
    for name in ("catalog.url.1.tmp", "catalog.url"):
        (tmp_path / name).write_text("half")
    for _ in range(2):
        note_location(tmp_path, Location.of_url(SERVER))
    assert find_location(tmp_path).url == SHOWN


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """A data directory that is not there is named, unless the catalog is told without it."""
    missing = tmp_path / "none"
    with pytest.raises(NotFoundError, match="no such directory; start `spanlake serve --data"):
        find_location(missing)
    told = Location.of_url(SERVER)
    assert find_location(missing, told) is told


def test_a_note_that_cannot_be_read(tmp_path: Path) -> None:
    """A note that is no text is the user's to mend."""
    (tmp_path / "catalog.url").write_bytes(b"\xff")
    with pytest.raises(UserError, match=r"catalog\.url cannot be read"):
        find_location(tmp_path)
