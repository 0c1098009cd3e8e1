"""Spanlake: the lakehouse for GenAI traces."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spanlake.storage.lake import Lake

__version__ = version("spanlake")

__all__ = ["__version__", "connect"]


def connect(data: str | Path | None = None) -> "Lake":
    """Open a data directory for SQL; without one, $SPANLAKE_DATA or ./spanlake-data.

    The directory may be one that servers are writing to. Raises NotFoundError when there is none.
    """
    from spanlake.config import catalog_url, data_path
    from spanlake.storage.catalog.location import Location
    from spanlake.storage.lake import Lake

    url = catalog_url()
    catalog = None if url is None else Location.of_url(url)
    return Lake(Path(data_path(None if data is None else str(data))), catalog)
