"""What can be wrong with the catalog, in one line and without its password."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from spanlake.errors import UserError
from spanlake.storage.catalog.location import Location


class CatalogError(UserError):
    """The catalog cannot be opened, read or written to, or is not of this version."""


@contextmanager
def explained(location: Location) -> Iterator[None]:
    """Turn what the database, its driver and the file system raise into a CatalogError."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise CatalogError(
            f"the catalog is {location}: needs the package psycopg, which is not installed; "
            "pip install 'spanlake[postgres]'"
        ) from None
    except ArgumentError:
        raise CatalogError(
            f"the catalog is {location}: must be postgresql://USER:PASSWORD@HOST/DATABASE; "
            "write special characters in the password as %XX"
        ) from None
    except (SQLAlchemyError, OSError) as error:
        raise CatalogError(
            f"the catalog is {location}: cannot be used ({_reason(error)}); {_next_step(location)}"
        ) from None


def _reason(error: SQLAlchemyError | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return said.strip().partition("\n")[0] or type(error).__name__


def _next_step(location: Location) -> str:
    if location.file:
        return "check the disk and whose file it is, or restore it from a backup"
    return "check that the server runs and lets you in"
