"""The catalog that a command works with."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spanlake.semconv.price_book import PriceBook
    from spanlake.storage.catalog.catalog import Catalog
    from spanlake.storage.catalog.location import Location


def open_catalog(data: str | None) -> "Catalog":
    """Open the catalog at SPANLAKE_CATALOG, else the one of a data directory, as `--data` names it.

    Use it in a with statement. Raises NotFoundError when there is no such directory, CatalogError.
    """
    from spanlake.config import catalog_url
    from spanlake.storage.catalog.catalog import Catalog

    return Catalog.open(_location(data, catalog_url()))


def price_book(data: str | None, url: str | None) -> "PriceBook":
    """The prices that a server of this data and this configured catalog computes costs by.

    Raises as `open_catalog` does.
    """
    from spanlake.semconv.price_book import NO_CUSTOM_PRICES, PriceBook
    from spanlake.storage.catalog.catalog import Catalog
    from spanlake.storage.catalog.prices import list_prices

    location = _location(data, url)
    if not location.exists:
        return NO_CUSTOM_PRICES
    with Catalog.open(location) as catalog:
        return PriceBook(list_prices(catalog))


def _location(data: str | None, url: str | None) -> "Location":
    from spanlake.config import data_path
    from spanlake.storage.catalog.location import Location, find_location
    from spanlake.storage.files.object_path import path_of

    told = None if url is None else Location.of_url(url)
    return find_location(path_of(data_path(data)), told)
