"""The rules that terms of a price obey."""

import math
from dataclasses import asdict, replace
from datetime import UTC

from spanlake.errors import UserError
from spanlake.semconv.custom_prices import ModelRates, PriceTerms
from spanlake.storage.catalog.texts import check_name, check_prose

_LONGEST_NAME = 256
_LONGEST_NOTE = 1_000
_HIGHEST = 1e9


def check_terms(terms: PriceTerms) -> PriceTerms:
    """Return the terms with names in lower case and times in UTC. Raises UserError."""
    provider = terms.provider
    if provider is not None:
        provider = check_name("provider", provider, longest=_LONGEST_NAME).lower()
    if terms.rates is not None:
        _check_rates(terms.rates)
    if terms.note is not None:
        check_prose("note", terms.note, longest=_LONGEST_NOTE)
    if terms.valid_to is not None and terms.valid_to <= terms.valid_from:
        raise UserError(
            f"valid_to is {terms.valid_to.isoformat()}: must be after valid_from, which is "
            f"{terms.valid_from.isoformat()}; correct one of them"
        )
    model = check_name("model", terms.model, longest=_LONGEST_NAME).lower()
    return replace(
        terms,
        provider=provider,
        model=model,
        valid_from=terms.valid_from.astimezone(UTC),
        valid_to=None if terms.valid_to is None else terms.valid_to.astimezone(UTC),
    )


def _check_rates(rates: ModelRates) -> None:
    given = {name: usd for name, usd in asdict(rates).items() if usd is not None}
    if not given:
        raise UserError(
            "no price is given: must be one at least, for input, output, cache_read, cache_write "
            "or request; add one"
        )
    for name, usd in given.items():
        if not math.isfinite(usd) or not 0 <= usd <= _HIGHEST:
            raise UserError(f"{name} is {usd}: must be USD, from 0 to {_HIGHEST:,.0f}; correct it")
