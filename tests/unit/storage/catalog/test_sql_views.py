"""`experiments` and `prices` in SQL."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from rows import span, write

from spanlake.semconv.custom_prices import ModelRates, PriceTerms
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import (
    archive_experiment,
    create_experiment,
    get_experiment,
)
from spanlake.storage.catalog.location import Location, default_location, note_location
from spanlake.storage.catalog.prices import record_prices
from spanlake.storage.lake import Lake
from spanlake.storage.query import QueryError, query_errors

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
TERMS = PriceTerms("openai", "gpt-4o", JANUARY, None, ModelRates(2.0, 8.0), "deal")


def test_experiments(tmp_path: Path) -> None:
    """An experiment is a row with all that is said of it."""
    with Catalog.open(default_location(tmp_path)) as catalog:
        create_experiment(catalog, "a", description="d", tags=["y", "x"])
        archived = archive_experiment(catalog, "a")
        default = get_experiment(catalog, "default")
    with Lake(tmp_path) as lake:
        rows = lake.sql("FROM experiments ORDER BY name").fetchall()
    assert rows == [
        (
            archived.experiment_id,
            "a",
            "d",
            ["x", "y"],
            archived.created_at,
            archived.archived_at,
        ),
        (default.experiment_id, "default", None, [], default.created_at, None),
    ]


def test_prices(tmp_path: Path) -> None:
    """Every version of a price is a row, under the name that costs have for it."""
    with Catalog.open(default_location(tmp_path)) as catalog:
        withdrawn = PriceTerms("openai", "gpt-4o", JANUARY, FEBRUARY, None)
        first, second = record_prices(catalog, [TERMS, withdrawn])
    with Lake(tmp_path) as lake:
        found = lake.sql("FROM prices ORDER BY price_version")
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    empty = dict.fromkeys(
        ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "request_usd")
    )
    assert rows == [
        empty
        | {
            "price_version": "custom 1",
            "provider": "openai",
            "model": "gpt-4o",
            "input_mtok": 2.0,
            "output_mtok": 8.0,
            "is_withdrawal": False,
            "valid_from": JANUARY,
            "valid_to": None,
            "note": "deal",
            "created_at": first.created_at,
        },
        empty
        | {
            "price_version": "custom 2",
            "provider": "openai",
            "model": "gpt-4o",
            "is_withdrawal": True,
            "valid_from": JANUARY,
            "valid_to": FEBRUARY,
            "note": None,
            "created_at": second.created_at,
        },
    ]


def test_joined_with_spans(tmp_path: Path) -> None:
    """Spans join with their experiment, and costs with the price that they are by."""
    write(tmp_path, span("a", experiment="e", price_version="custom 1", cost_usd=0.5))
    with Catalog.open(default_location(tmp_path)) as catalog:
        create_experiment(catalog, "e", tags=["nightly"])
        record_prices(catalog, [TERMS])
    with Lake(tmp_path) as lake:
        rows = lake.sql(
            "SELECT span_id, experiments.tags, prices.note FROM spans "
            "JOIN experiments ON experiments.name = experiment JOIN prices USING (price_version)"
        )
        assert rows.fetchall() == [("a", ["nightly"], "deal")]


def test_changes_are_seen_at_once(tmp_path: Path) -> None:
    """A query sees the catalog as it is, also one that appears after the lake was opened."""
    with Lake(tmp_path) as lake:
        count = lake.sql("SELECT count(*) FROM experiments")
        assert count.fetchall() == [(0,)]
        with Catalog.open(default_location(tmp_path)) as catalog:
            assert lake.sql("SELECT name FROM experiments").fetchall() == [("default",)]
            create_experiment(catalog, "new")
            assert lake.sql("SELECT count(*) FROM experiments").fetchall() == [(2,)]


def test_asking_makes_no_catalog(tmp_path: Path) -> None:
    """A query leaves a data directory without a catalog as it is."""
    with Lake(tmp_path) as lake:
        for view in ("experiments", "prices"):
            assert lake.sql(f"FROM {view}").fetchall() == []
    assert list(tmp_path.iterdir()) == []


def test_a_catalog_that_is_down_harms_no_other_view(tmp_path: Path) -> None:
    """With a catalog out of reach only the queries that need it fail, and say why in a line."""
    write(tmp_path, span("a"))
    note_location(tmp_path, Location.of_url("postgresql://127.0.0.1:1/spans"))
    with Lake(tmp_path) as lake:
        assert lake.sql("SELECT span_id FROM spans").fetchall() == [("a",)]
        query = "FROM experiments"
        with pytest.raises(duckdb.Error):
            lake.sql(query).fetchall()
        with pytest.raises(QueryError) as failed, query_errors(lake, query):
            lake.sql(query).fetchall()
    assert str(failed.value).startswith(
        "the catalog is postgresql://127.0.0.1:1/spans: cannot be used (connection failed"
    )
    assert "\n" not in str(failed.value)


def test_another_place_may_be_told(tmp_path: Path) -> None:
    """A lake reads the catalog it is told to, whatever its directory has."""
    other = default_location(tmp_path / "other")
    (tmp_path / "other").mkdir()
    with Catalog.open(other) as catalog:
        create_experiment(catalog, "elsewhere")
    with Lake(tmp_path, other) as lake:
        assert lake.sql("SELECT count(*) FROM experiments").fetchall() == [(2,)]
