"""The configuration as it is in force: defaults, then the file, the environment and the flags."""

import os
from dataclasses import replace
from pathlib import Path

from spanlake.config.document import Document, read_document
from spanlake.config.listening import check_listening, keyless_endpoint, unusable_endpoint
from spanlake.config.overrides import Overrides, checked, with_catalog, with_overrides
from spanlake.config.place import DATA_VARIABLE, catalog_url
from spanlake.config.settings import Settings
from spanlake.config.validation import validate
from spanlake.errors import ConfigError

DEFAULT_FILE = Path("otel-config.yaml")
"""The file that is read, if it is there, when no other is named."""


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


def _document(path: Path | None) -> Document:
    if path is None:
        if not DEFAULT_FILE.exists():
            return Document("defaults")
        path = DEFAULT_FILE
    return read_document(path, os.environ)
