"""Where the lake and the catalog are, for whoever has no need of the whole configuration."""

import os
import re

from spanlake.config.problems import quoted
from spanlake.errors import ConfigError, UserError

DEFAULT_DATA = "./spanlake-data"

DATA_VARIABLE = "SPANLAKE_DATA"
"""The environment variable that says where the lake is."""

CATALOG_VARIABLE = "SPANLAKE_CATALOG"
"""The environment variable that says where the catalog is."""

_CATALOG_URL = re.compile(r"sqlite:///(?!:memory:).+|postgres(ql)?(\+psycopg)?://.+")


def check_catalog_url(value: str) -> str:
    """Return the URL if a catalog can be there; ValueError tells the rule."""
    if not _CATALOG_URL.fullmatch(value):
        raise ValueError(
            "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE, "
            "as SQLAlchemy writes URLs"
        )
    return value


def data_path(flag: str | None) -> str:
    """Where the lake is for a command: its --data, else SPANLAKE_DATA, else ./spanlake-data."""
    if flag == "":
        raise UserError("--data is empty: must be a directory; name one or leave the flag out")
    return flag or os.environ.get(DATA_VARIABLE) or DEFAULT_DATA


def catalog_url() -> str | None:
    """Where SPANLAKE_CATALOG says the catalog is; None if it says nothing."""
    url = os.environ.get(CATALOG_VARIABLE)
    if not url:
        return None
    try:
        return check_catalog_url(url)
    except ValueError as error:
        raise ConfigError(
            f"{CATALOG_VARIABLE} is {quoted(url)}: {error}; correct or unset it"
        ) from None
