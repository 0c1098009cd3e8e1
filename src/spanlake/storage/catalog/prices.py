"""Custom prices: every version that was ever recorded, in the order in which they were."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text

from spanlake.semconv.custom_prices import (
    CustomPrice,
    ModelRates,
    PriceTerms,
    by_names,
    is_said_already,
)
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.price_terms import check_terms
from spanlake.storage.catalog.tables import PRICES

_RATES = tuple(field.name for field in fields(ModelRates))
# So that versions become visible in the order of their numbers, also in Postgres.
_IN_TURN = text("LOCK TABLE prices IN SHARE ROW EXCLUSIVE MODE")


def list_prices(catalog: Catalog) -> list[CustomPrice]:
    """Every version, the first one first."""
    with catalog.reading() as connection:
        return _prices(connection)


def last_price_version(catalog: Catalog) -> int:
    """The number of the newest version, 0 for none; while it stays, so do all prices."""
    with catalog.reading() as connection:
        return connection.execute(select(func.max(PRICES.c.version))).scalar() or 0


def record_prices(catalog: Catalog, terms: Sequence[PriceTerms]) -> list[CustomPrice]:
    """Record what is said about prices, all of it or nothing; return the versions this made.

    What is the case already makes none. UserError for terms that no price can have.
    """
    checked = [check_terms(each) for each in terms]
    with catalog.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(_IN_TURN)
        said = by_names(_prices(connection))
        made = []
        for each in checked:
            before = said.setdefault((each.provider, each.model), [])
            if not is_said_already(each, before):
                made.append(_record(connection, each))
                before.append(made[-1])
        return made


def _record(connection: Connection, terms: PriceTerms) -> CustomPrice:
    rates = asdict(terms.rates) if terms.rates else {}
    now = datetime.now(UTC)
    version = connection.execute(
        insert(PRICES)
        .values(
            provider=terms.provider,
            model=terms.model,
            valid_from=terms.valid_from,
            valid_to=terms.valid_to,
            is_withdrawal=terms.rates is None,
            note=terms.note,
            created_at=now,
            **rates,
        )
        .returning(PRICES.c.version)
    ).scalar_one()
    return CustomPrice(version, now, terms)


def _prices(connection: Connection) -> list[CustomPrice]:
    return [_price(row) for row in connection.execute(select(PRICES).order_by(PRICES.c.version))]


def _price(row: Row[Any]) -> CustomPrice:
    rates = ModelRates(*(getattr(row, name) for name in _RATES))
    return CustomPrice(
        version=row.version,
        created_at=row.created_at,
        terms=PriceTerms(
            provider=row.provider,
            model=row.model,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            rates=None if row.is_withdrawal else rates,
            note=row.note,
        ),
    )
