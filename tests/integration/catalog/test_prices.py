"""Custom prices, over every database that can hold the catalog."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from spanlake.errors import UserError
from spanlake.semconv.custom_prices import ModelRates, PriceTerms
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.prices import last_price_version, list_prices, record_prices

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
TERMS = PriceTerms("openai", "gpt-4o", JANUARY, None, ModelRates(2.0, 8.0), "deal")


def test_a_price_is_kept_as_it_was_said(catalog: Catalog) -> None:
    """What is recorded is read back exactly, with its version and when it was recorded."""
    exact = ModelRates(0.1, 1e-9, 0.0, 1 / 3, 0.00123)
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, timezone(timedelta(hours=5, minutes=30)))
    terms = PriceTerms(None, "gpt-4o*", moment, MARCH, exact, "it's\n5 %")
    before = datetime.now(UTC)
    (made,) = record_prices(catalog, [terms])
    assert list_prices(catalog) == [made]
    assert made.terms == terms
    assert made.terms.valid_from.tzinfo is not None
    assert before <= made.created_at <= datetime.now(UTC)
    assert last_price_version(catalog) == made.version


def test_no_prices(catalog: Catalog) -> None:
    """A new catalog has no prices, and the version of its last one is 0."""
    assert (list_prices(catalog), last_price_version(catalog)) == ([], 0)


def test_versions_count_up_and_none_is_lost(catalog: Catalog) -> None:
    """A new price, a correction and a withdrawal are versions of their own, in the order said."""
    said = [
        TERMS,
        replace(TERMS, rates=ModelRates(3.0, 9.0)),
        replace(TERMS, rates=None, valid_from=MARCH, note=None),
    ]
    made = [price for terms in said for price in record_prices(catalog, [terms])]
    assert [price.terms for price in made] == said
    assert list_prices(catalog) == made
    versions = [price.version for price in made]
    assert versions == sorted(set(versions))


def test_what_is_so_already_is_not_recorded(catalog: Catalog) -> None:
    """Terms that change nothing at any time of theirs make no version; all others do."""
    record_prices(catalog, [TERMS])
    assert record_prices(catalog, [TERMS, replace(TERMS, valid_from=MARCH)]) == []
    earlier = replace(TERMS, valid_from=JANUARY - timedelta(days=1))
    assert len(record_prices(catalog, [earlier])) == 1
    assert len(record_prices(catalog, [replace(TERMS, note="other")])) == 1
    assert record_prices(catalog, [replace(TERMS, model="none", rates=None)]) == []


def test_names_are_in_lower_case(catalog: Catalog) -> None:
    """Names are the same in any case."""
    (made,) = record_prices(catalog, [replace(TERMS, provider="OpenAI", model="GPT-4o")])
    assert (made.terms.provider, made.terms.model) == ("openai", "gpt-4o")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (replace(TERMS, model=""), "model is '': must be one line of 1 to 256 characters"),
        (replace(TERMS, provider="a\0"), "provider is 'a\\x00': must be one line"),
        (replace(TERMS, rates=ModelRates()), "no price is given: must be one at least"),
        (replace(TERMS, rates=ModelRates(-1.0)), "input_mtok is -1.0: must be USD"),
        (replace(TERMS, rates=ModelRates(request_usd=float("nan"))), "request_usd is nan: must"),
        (replace(TERMS, rates=ModelRates(1.0, float("inf"))), "output_mtok is inf: must be USD"),
        (replace(TERMS, note=""), "note is '': must be text of 1 to 1,000 characters"),
        (
            replace(TERMS, valid_to=JANUARY),
            "valid_to is 2026-01-01T00:00:00+00:00: must be after valid_from",
        ),
    ],
)
def test_terms_that_cannot_be(catalog: Catalog, wrong: PriceTerms, message: str) -> None:
    """Terms against a rule are refused with the rule, and nothing that came with them is kept."""
    with pytest.raises(UserError) as refused:
        record_prices(catalog, [TERMS, wrong])
    assert str(refused.value).startswith(message)
    assert list_prices(catalog) == []


def test_many_record_at_once(catalog: Catalog) -> None:
    """Prices that are recorded at the same time are all kept, each with a version of its own."""

    def record(number: int) -> list[int]:
        terms = [replace(TERMS, model=f"m{number}-{each}") for each in range(3)]
        return [price.version for price in record_prices(catalog, terms)]

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(record, range(16)))
    stored = [price.version for price in list_prices(catalog)]
    assert sorted(version for versions in made for version in versions) == stored
    assert len(stored) == 48
    # One after the other: whoever has seen a version has seen all before it.
    assert all(versions == list(range(versions[0], versions[0] + 3)) for versions in made)
