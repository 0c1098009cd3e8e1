"""A catalog is opened: made, brought up to date, refused; by many at once, and by some that die."""

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres import PostgresServer
from sqlalchemy import text

from spanlake.storage.catalog import (  # part of METADATA
    access_tables,  # noqa: F401
    dataset_tables,  # noqa: F401
    run_tables,  # noqa: F401
    saved_query_tables,  # noqa: F401
    version_tables,  # noqa: F401
)
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.engine import make_engines
from spanlake.storage.catalog.experiments import (
    create_experiment,
    ensure_experiments,
    list_experiments,
)
from spanlake.storage.catalog.failure import CatalogError
from spanlake.storage.catalog.labels import tables as label_tables  # noqa: F401  # the same
from spanlake.storage.catalog.labels.items import list_items
from spanlake.storage.catalog.labels.labels import list_labels
from spanlake.storage.catalog.labels.queues import delete_queue
from spanlake.storage.catalog.location import Location, default_location
from spanlake.storage.catalog.migrate import NEWEST, VERSION_TABLE, migrations
from spanlake.storage.catalog.tables import METADATA

SUPPORT = Path(__file__).parents[2] / "support"
OPENERS = SUPPORT / "catalog_openers.py"
# More than each has; the last processes are therefore not killed.
STATEMENTS_OF_A_NEW_ONE = 55
STATEMENTS = 110
# What differs from catalog to catalog: the time, the id of `default`, and the cookies' secret.
OWN = re.compile(r"'\d{4}-\d\d-\d\d [^']+'|'[0-9a-f]{32}'|'[\w-]{43}'")
BEFORE_SESSIONS = """
INSERT INTO review_queues (queue_id, name, content, reviewers_per_item, created_at)
VALUES ('q-1', 'q', 'reference', 1, '2026-11-20 00:00:00');
INSERT INTO review_queue_schemas VALUES ('q-1', 's-expected_response', 0);
INSERT INTO review_items VALUES ('i-1', 'q-1', 1, 'a trace', '', '2026-11-20 00:00:00');
INSERT INTO reviews VALUES
    ('i-1', 'ann', 'complete', NULL, '2026-11-20 00:00:00', '2026-11-20 00:00:00');
INSERT INTO review_answers VALUES
    ('i-1', 's-expected_response', 'reviewer', 'ann', '"Yes."', NULL, '2026-11-20', NULL, 0)
"""

Make = Callable[[], Location]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Make places for catalogs, as many as a test needs."""
    if request.param == "sqlite":

        def new_folder() -> Location:
            folder = tmp_path / f"data {len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return default_location(folder)

        return new_folder
    server: PostgresServer = request.getfixturevalue("postgres")
    return lambda: Location.of_url(server.new_database())


def names(location: Location) -> list[str]:
    with Catalog.open(location) as catalog:
        return [each.name for each in list_experiments(catalog)]


def openers(*arguments: str) -> list[int]:
    """Run the program; return the exit status of each of its processes."""
    done = subprocess.run(
        [sys.executable, OPENERS, *arguments], check=True, capture_output=True, text=True
    )
    return [int(status) for status in done.stdout.split()]


def migrate_to(revision: str, location: Location) -> None:
    """Leave a catalog as an older version of the program did."""
    assert location.file is not None
    location.file.touch()
    config = migrations()
    with make_engines(location).write.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def contents(location: Location) -> set[str]:
    """Statements that would make the same catalog, without what is different in each."""
    assert location.file is not None
    with closing(sqlite3.connect(location.file)) as connection:
        return {" ".join(OWN.sub("?", each).split()) for each in connection.iterdump()}


def as_argument(location: Location) -> str:
    return location.as_url if location.file else location.url


def test_migrations_make_the_tables(catalog: Catalog) -> None:
    """What the migrations make is what the program takes the tables to be."""
    with catalog.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []


def test_a_new_catalog_is_as_the_migrations_would_leave_it(tmp_path: Path) -> None:
    """What new_catalog.sql makes, tables and rows, is what all migrations make one by one."""
    made, migrated = tmp_path / "made", tmp_path / "migrated"
    made.mkdir()
    migrated.mkdir()
    with Catalog.open(default_location(made)):
        pass
    migrate_to(NEWEST, default_location(migrated))
    assert contents(default_location(made)) == contents(default_location(migrated))


def test_the_newest_migration_is_known() -> None:
    """The program expects the version that its last migration leaves, and there is one last."""
    assert ScriptDirectory.from_config(migrations()).get_heads() == [NEWEST]


def test_opened_again(make: Make) -> None:
    """What was written is there when the catalog is opened again."""
    location = make()
    with Catalog.open(location) as catalog:
        create_experiment(catalog, "kept")
        catalog.close()
        catalog.close()
    assert names(location) == ["default", "kept"]


def test_many_open_a_new_catalog_at_once(make: Make) -> None:
    """Processes that open a catalog that is not there yet all succeed, and it is made once."""
    location = make()
    assert openers("together", "12", as_argument(location)) == [0] * 12
    assert names(location) == ["default", "seen"]


def test_threads_make_catalogs_beside_each_other(tmp_path: Path) -> None:
    """Threads of one process make catalogs at the same time, each whole."""
    locations = []
    for number in range(6):
        (tmp_path / str(number)).mkdir()
        locations.append(default_location(tmp_path / str(number)))
    with ThreadPoolExecutor(len(locations)) as threads:
        assert list(threads.map(names, locations)) == [["default"]] * len(locations)


def test_killed_at_every_statement(tmp_path: Path) -> None:
    """Whoever is killed while it makes a catalog leaves one that the next can open and use."""
    check_kills(new_folders(tmp_path, STATEMENTS_OF_A_NEW_ONE), step=1)


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_statements_of_the_migrations(tmp_path: Path, step: int) -> None:
    """Whoever is killed while it migrates leaves a catalog that the next can migrate and use."""
    places = new_folders(tmp_path, STATEMENTS // step)
    first = places[0]
    migrate_to("0001", first)
    assert first.file is not None
    for place in places[1:]:
        assert place.file is not None
        shutil.copy(first.file, place.file)
    check_kills(places, step=step)


@pytest.mark.slow
@pytest.mark.postgres
def test_killed_at_every_statement_in_postgres(postgres: PostgresServer) -> None:
    """Postgres, too, is left as it was by whoever is killed while it makes a catalog."""
    places = [Location.of_url(postgres.new_database()) for _ in range(STATEMENTS)]
    check_kills(places, step=1)


def new_folders(folder: Path, count: int) -> list[Location]:
    """Places for catalogs in SQLite."""
    folders = [folder / str(number) for number in range(count)]
    for each in folders:
        each.mkdir()
    return [default_location(each) for each in folders]


def check_kills(places: Sequence[Location], *, step: int) -> None:
    """Let more statements be done in each place before the kill, and use what is there then."""
    statuses = openers("killed", str(step), *map(as_argument, places))
    alive = statuses.index(0)
    assert statuses == [-9] * alive + [0] * (len(places) - alive)
    assert alive * step > 40
    for location in places:
        with Catalog.open(location) as catalog:
            ensure_experiments(catalog, ["seen"])
        assert names(location) == ["default", "seen"]


def test_reviews_stay_when_items_change(tmp_path: Path) -> None:
    """A catalog of before sessions could be reviewed keeps its items, reviews and answers."""
    location = default_location(tmp_path)
    migrate_to("0007", location)
    with make_engines(location).write.begin() as connection:
        for statement in BEFORE_SESSIONS.split(";"):
            connection.execute(text(statement))
    with Catalog.open(location) as catalog:
        (item,) = list_items(catalog, "q")
        (label,) = list_labels(catalog, "q")
        assert (item.trace_id, item.session_id, item.status) == ("a trace", None, "complete")
        assert (label.value, label.reviewer) == ("Yes.", "ann")
        with pytest.raises(CatalogError, match="FOREIGN KEY"), catalog.writing() as connection:
            connection.execute(text("INSERT INTO review_copies VALUES ('nobody', 'x')"))
        delete_queue(catalog, "q")
        with catalog.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM reviews")).scalar() == 0


def test_a_newer_catalog_is_refused(make: Make) -> None:
    """A catalog that a newer program has changed is refused in one line, and left as it is."""
    location = make()
    with Catalog.open(location) as catalog, catalog.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0999'"))  # noqa: S608
    for _ in range(2):
        with pytest.raises(CatalogError) as refused:
            Catalog.open(location)
        message = str(refused.value)
        assert message.startswith(f"the catalog is {location}, of schema 0999: this version of")
        assert f"knows them up to {NEWEST}; upgrade Spanlake" in message
        assert "\n" not in message


def test_a_transaction_is_all_or_nothing(catalog: Catalog) -> None:
    """What raises within a transaction leaves nothing of it."""

    def fail() -> None:
        with catalog.writing() as connection:
            connection.execute(text("UPDATE experiments SET description = 'half'"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [each.description for each in list_experiments(catalog)] == [None]


@pytest.mark.postgres
def test_a_database_that_went_away_is_found_again(postgres: PostgresServer) -> None:
    """After a restart of the database the next transaction has a connection again."""
    location = Location.of_url(postgres.new_database())
    with Catalog.open(location) as catalog, Catalog.open(location) as other:
        assert len(list_experiments(catalog)) == 1
        with other.writing() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid != pg_backend_pid() AND datname = current_database()"
                )
            )
        assert len(list_experiments(catalog)) == 1


def test_files_are_not_for_everyone(tmp_path: Path) -> None:
    """The catalog's files have the permissions of the data files."""
    before = os.umask(0)
    try:
        with Catalog.open(default_location(tmp_path)) as catalog, catalog.writing() as connection:
            connection.execute(text("UPDATE experiments SET description = 'x'"))
            files = sorted(tmp_path.iterdir())
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in files}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(
        ("catalog.sqlite", "catalog.sqlite-shm", "catalog.sqlite-wal", "catalog.sqlite.lock"), 0o640
    )


def test_sqlite_is_set_to_be_durable(tmp_path: Path) -> None:
    """A commit is synced, readers do not wait for writers, and references are checked."""
    with Catalog.open(default_location(tmp_path)) as catalog, catalog.reading() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert values == ["wal", 2, 1, 10_000]


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    """While a transaction is open, others read what was before it."""
    with Catalog.open(default_location(tmp_path)) as catalog:
        with catalog.writing() as connection:
            connection.execute(text("UPDATE experiments SET description = 'new'"))
            assert [each.description for each in list_experiments(catalog)] == [None]
        assert [each.description for each in list_experiments(catalog)] == ["new"]


def test_a_file_that_vanished_is_not_made_anew(tmp_path: Path) -> None:
    """An open catalog whose file is taken away fails, and leaves no empty file in its place."""
    location = default_location(tmp_path)
    assert location.file is not None
    with Catalog.open(location) as catalog:
        location.file.unlink()
        with pytest.raises(CatalogError, match="unable to open database file"):
            list_experiments(catalog)
        assert not location.file.exists()


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(4096)])
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    """A file that is no catalog is named, with the next step, and is not written over."""
    location = default_location(tmp_path)
    assert location.file is not None
    location.file.write_bytes(content)
    with pytest.raises(CatalogError) as damaged:
        Catalog.open(location)
    assert str(damaged.value).startswith(f"the catalog is {location.file}: cannot be used (")
    assert str(damaged.value).endswith("restore it from a backup")
    assert location.file.read_bytes() == content


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A catalog in no folder is an error, and makes none."""
    with pytest.raises(CatalogError, match="No such file or directory"):
        Catalog.open(default_location(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_a_copy_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalog of a read-only folder, such as a backup, is read."""
    location = default_location(tmp_path)
    with Catalog.open(location) as catalog:
        create_experiment(catalog, "kept")
    # Root may write anywhere.
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    with Catalog.open(location) as catalog:
        assert [each.name for each in list_experiments(catalog)] == ["default", "kept"]
        with pytest.raises(CatalogError, match="readonly database"):
            create_experiment(catalog, "new")


def test_a_server_that_is_not_there() -> None:
    """A server that does not answer is one line, without the password."""
    url = "postgres://me:se%40cret@127.0.0.1:1/spans?sslmode=disable&password=secret"
    with pytest.raises(CatalogError) as down:
        Catalog.open(Location.of_url(url))
    message = str(down.value)
    shown = "postgres://me@127.0.0.1:1/spans?sslmode=disable"
    assert message.startswith(f"the catalog is {shown}: cannot be used (connection failed: ")
    assert message.endswith("; check that the server runs and lets you in")
    assert "cret" not in message
    assert "\n" not in message


def test_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Postgres is wanted and its driver is not installed, the message says how to get it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CatalogError, match=r"pip install 'spanlake\[postgres\]'$"):
        Catalog.open(Location.of_url("postgresql://localhost/spans"))


def test_passwords_are_not_shown() -> None:
    """An engine's own description has no password, nor has the place it was made from."""
    location = Location.of_url("postgresql://me:secret@localhost/spans")
    engines = make_engines(location)
    assert "secret" not in f"{engines.write!r} {engines.read!r} {location} {location!r}"
