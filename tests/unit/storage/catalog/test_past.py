"""The catalog's views of a lake that is asked as of an earlier moment."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spanlake.semconv.custom_prices import ModelRates, PriceTerms
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_merge import delete_records, merge_records
from spanlake.storage.catalog.dataset_record import NewRecord, read_records
from spanlake.storage.catalog.datasets import create_dataset
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.prices import record_prices
from spanlake.storage.lake import Lake
from spanlake.storage.query import QueryError, query_errors

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
VERSIONS = "SELECT version, record_count FROM dataset_versions ORDER BY ALL"
RECORDS = "SELECT inputs ->> 'question' FROM dataset_records ORDER BY ALL"
HISTORY = """
SELECT inputs ->> 'question', from_version, to_version FROM dataset_records_history ORDER BY ALL
"""
IDS = "SELECT record_id FROM dataset_records WHERE inputs ->> 'question' = 'a'"
PRICES = "SELECT input_mtok FROM prices ORDER BY ALL"


def terms(usd: float) -> PriceTerms:
    return PriceTerms("openai", "gpt-4o", JANUARY, None, ModelRates(usd, usd))


def records(*record_ids: str) -> Iterable[NewRecord]:
    return read_records({"record_id": each, "inputs": {"question": each}} for each in record_ids)


def test_what_keeps_its_history_is_told_as_it_was(tmp_path: Path) -> None:
    """Prices, versions of datasets and their records are those that were there at the moment."""
    with Catalog.open(default_location(tmp_path)) as catalog:
        before = datetime.now(UTC)
        create_dataset(catalog, "qa")
        merge_records(catalog, "qa", records("a", "b"))
        record_prices(catalog, [terms(1.0)])
        between = datetime.now(UTC)
        with Lake(tmp_path) as lake:
            ((record_id,),) = lake.sql(IDS).fetchall()
        delete_records(catalog, "qa", [record_id])
        merge_records(catalog, "qa", records("c"))
        record_prices(catalog, [terms(2.0)])
    queries = (VERSIONS, RECORDS, HISTORY, PRICES)
    with Lake(tmp_path, as_of=between) as lake:
        versions, found, history, prices = (lake.sql(query).fetchall() for query in queries)
    assert versions == [(1, 2)]
    assert found == [("a",), ("b",)]
    assert history == [("a", 1, None), ("b", 1, None)]
    assert prices == [(1.0,)]
    with Lake(tmp_path, as_of=before) as lake:
        assert [lake.sql(query).fetchall() for query in queries] == [[], [], [], []]
    with Lake(tmp_path) as now, Lake(tmp_path, as_of=datetime.now(UTC)) as lake:
        for query in queries:
            assert lake.sql(query).fetchall() == now.sql(query).fetchall()


@pytest.mark.parametrize(
    "view", ["datasets", "experiments", "labels", "queues", "runs", "unscored", "versions"]
)
def test_what_keeps_no_history_is_refused(tmp_path: Path, view: str) -> None:
    """A query of what is not known of then fails, and says so, in place of telling of today."""
    with Catalog.open(default_location(tmp_path)):
        pass
    query = f"SELECT count(*) FROM {view}"  # noqa: S608  # one of those above
    with Lake(tmp_path, as_of=JANUARY) as lake:
        refused = pytest.raises(QueryError, match="at 2026-01-01 00:00:00 is not known")
        with refused, query_errors(lake, query):
            lake.sql(query).fetchall()
        assert lake.sql("SELECT count(*) FROM traces").fetchall() == [(0,)]
