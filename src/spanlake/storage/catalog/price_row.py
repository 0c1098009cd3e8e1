"""A version of a custom price as people read it: a row of the view `prices`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from spanlake.semconv.cost import version_label
from spanlake.semconv.custom_prices import CustomPrice, ModelRates


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One row; the fields are the view's columns, in their order."""

    price_version: str
    provider: str | None
    model: str
    input_mtok: float | None
    output_mtok: float | None
    cache_read_mtok: float | None
    cache_write_mtok: float | None
    request_usd: float | None
    is_withdrawal: bool
    valid_from: datetime
    valid_to: datetime | None
    note: str | None
    created_at: datetime

    @classmethod
    def of(cls, price: CustomPrice) -> Self:
        """The row of a version."""
        terms = price.terms
        rates = terms.rates or ModelRates()
        return cls(
            price_version=version_label(price.version),
            provider=terms.provider,
            model=terms.model,
            input_mtok=rates.input_mtok,
            output_mtok=rates.output_mtok,
            cache_read_mtok=rates.cache_read_mtok,
            cache_write_mtok=rates.cache_write_mtok,
            request_usd=rates.request_usd,
            is_withdrawal=terms.rates is None,
            valid_from=terms.valid_from,
            valid_to=terms.valid_to,
            note=terms.note,
            created_at=price.created_at,
        )
