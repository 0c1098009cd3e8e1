"""The configuration as it is in force: defaults, then the file, the environment and the flags."""

import os
from dataclasses import replace
from pathlib import Path

from spanlake.config.document import Document, read_document
from spanlake.config.listening import check_listening, keyless_endpoint, unusable_endpoint
from spanlake.config.overrides import Overrides, checked, with_catalog, with_overrides
from spanlake.config.problems import quoted
from spanlake.config.settings import DEFAULT_DATA, Settings
from spanlake.config.validation import validate
from spanlake.config.values import check_catalog_url
from spanlake.errors import ConfigError, UserError

DEFAULT_FILE = Path("otel-config.yaml")
"""The file that is read, if it is there, when no other is named."""

DATA_VARIABLE = "SPANLAKE_DATA"
"""The environment variable that says where the lake is."""

CATALOG_VARIABLE = "SPANLAKE_CATALOG"
"""The environment variable that says where the catalog is."""


def load_settings(path: Path | None, overrides: Overrides) -> Settings:
    """Load a file, or ./otel-config.yaml if there is one, under the environment and the overrides.

    ConfigError says what is wrong first, and where: a line of the file, a flag, a variable.
    """
    document = _document(path)
    settings = validate(document)
    flags = checked(overrides)
    data = flags.data or os.environ.get(DATA_VARIABLE) or None
    flags = replace(flags, data=data)
    settings = with_catalog(with_overrides(settings, flags), catalog_url())
    check_listening(settings, flags, document)
    return settings


def listen_error(
    protocol: str, reason: str, path: Path | None, overrides: Overrides
) -> ConfigError:
    """Say where the endpoint is set, of grpc or http, that could not be listened on, and why."""
    return unusable_endpoint(protocol, reason, checked(overrides), _document(path))


def keyless_error(settings: Settings, path: Path | None, overrides: Overrides) -> ConfigError:
    """Say where the endpoint is set that others can reach, while nobody could be let in."""
    return keyless_endpoint(settings, checked(overrides), _document(path))


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


def _document(path: Path | None) -> Document:
    if path is None:
        if not DEFAULT_FILE.exists():
            return Document("defaults")
        path = DEFAULT_FILE
    return read_document(path, os.environ)
