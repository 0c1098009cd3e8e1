"""The catalog beside ingest."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from server import wait_until

from spanlake.collector import catalog_sync
from spanlake.collector.catalog_sync import CatalogSync
from spanlake.semconv.custom_prices import ModelRates, PriceTerms
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import list_experiments
from spanlake.storage.catalog.location import Location, default_location
from spanlake.storage.catalog.prices import record_prices

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = PriceTerms(None, "our-model", JANUARY, None, ModelRates(2.0))
DOWN = Location.of_url("postgresql://me:secret@127.0.0.1:1/spans")

Start = Callable[[Location], CatalogSync]


@pytest.fixture
def location(tmp_path: Path) -> Location:
    return default_location(tmp_path)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start syncs that look every hundredth of a second, and stop them at the end."""
    started: list[CatalogSync] = []

    def start(location: Location) -> CatalogSync:
        sync = CatalogSync(location, seconds=0.01)
        started.append(sync)
        sync.start()
        return sync

    yield start
    for sync in started:
        sync.stop()
        sync.stop()


def names(location: Location) -> list[str]:
    with Catalog.open(location) as catalog:
        return [each.name for each in list_experiments(catalog)]


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The names of the events that were logged."""
    return [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]


def test_what_is_seen_is_in_the_catalog(location: Location, start: Start) -> None:
    """Names that are seen, once or often, are experiments soon after."""
    sync = start(location)
    assert sync.is_up
    sync.saw(["a", "b"])
    sync.saw(["b"])
    wait_until(lambda: names(location) == ["a", "b", "default"])
    sync.saw(["c", "a"])
    wait_until(lambda: names(location) == ["a", "b", "c", "default"])


def test_what_is_seen_last_is_not_lost(location: Location, start: Start) -> None:
    """What was seen before the stop is in the catalog after it."""
    sync = start(location)
    sync.saw([f"e{number}" for number in range(100)])
    sync.stop()
    assert len(names(location)) == 101


def test_names_that_cannot_be_are_passed_over(location: Location, start: Start) -> None:
    """A name that no experiment can have keeps no other out."""
    sync = start(location)
    sync.saw(["a\0b", "z" * 5000, "", "good"])
    wait_until(lambda: names(location) == ["default", "good"])


def test_prices_are_those_of_the_catalog(location: Location, start: Start) -> None:
    """The book has the prices of the catalog at the start, and any that are recorded later."""
    with Catalog.open(location) as catalog:
        record_prices(catalog, [TERMS])
        sync = start(location)
        first = sync.book()
        assert first.find(None, "our-model") is not None
        assert first.find(None, "another") is None
        record_prices(catalog, [PriceTerms(None, "another", JANUARY, None, ModelRates(1.0))])
        wait_until(lambda: sync.book().find(None, "another") is not None)
        assert sync.book() is sync.book()


def test_a_catalog_that_is_down(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """A catalog that is down is told once, without its password; the collector goes on."""
    caplog.set_level(logging.INFO, "spanlake")
    sync = start(DOWN)
    assert not sync.is_up
    sync.saw(["a"])
    assert sync.book().find("openai", "gpt-4o") is not None
    with caplog.at_level(logging.INFO):
        sync.stop()
    assert events(caplog).count("collector.catalog_unavailable") == 1
    assert "secret" not in caplog.text


def test_a_catalog_that_comes_back(
    location: Location, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """What was seen while the catalog was down, or before it was lost, is told to it later."""
    caplog.set_level(logging.INFO, "spanlake")
    assert location.file is not None
    sync = start(location)
    sync.saw(["before"])
    wait_until(lambda: names(location) == ["before", "default"])
    folder = location.file.parent
    away = folder.with_name("away")
    folder.rename(away)
    wait_until(lambda: not sync.is_up)
    sync.saw(["meanwhile"])
    folder.mkdir()
    wait_until(lambda: sync.is_up)
    wait_until(lambda: names(location) == ["before", "default", "meanwhile"])
    assert events(caplog) == ["collector.catalog_unavailable", "collector.catalog_available"]


def test_a_fault_ends_nothing(
    location: Location,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error that nobody expected is told, and the next attempt is made."""
    caplog.set_level(logging.INFO, "spanlake")
    attempts = iter([KeyError("out of cheese"), None])

    def exchange(_: CatalogSync, catalog: Catalog) -> None:
        error = next(attempts, None)
        if error:
            raise error
        assert catalog.location == location

    monkeypatch.setattr(CatalogSync, "_exchange", exchange)
    sync = start(location)
    wait_until(lambda: sync.is_up)
    assert "out of cheese" in caplog.text


def test_a_catalog_that_does_not_answer_holds_nobody_up(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither start nor stop nor a commit waits for a catalog that never answers."""
    never = threading.Event()
    monkeypatch.setattr(catalog_sync, "_START_SECONDS", 0.01)
    monkeypatch.setattr(catalog_sync, "_STOP_SECONDS", 0.01)
    monkeypatch.setattr(CatalogSync, "_exchange", lambda *_: never.wait())
    sync = CatalogSync(location)
    sync.start()
    sync.saw(["a"])
    assert sync.book().find("openai", "gpt-4o") is not None
    sync.stop()
    never.set()


def test_names_without_end_take_no_memory(
    location: Location, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a client that invents names only so many are remembered."""
    monkeypatch.setattr(catalog_sync, "MAX_SEEN", 10)
    sync = start(location)
    for number in range(100):
        sync.saw([f"e{number}"])
    sync.stop()
    assert len(names(location)) <= 13


def test_never_started(location: Location) -> None:
    """A sync that was not started can be stopped, and asked."""
    sync = CatalogSync(location)
    sync.saw(["a"])
    sync.stop()
    assert not sync.is_up
    assert sync.book().find("openai", "gpt-4o") is not None
