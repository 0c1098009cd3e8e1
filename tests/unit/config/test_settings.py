import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from spanlake.config import Endpoint, Overrides, Settings, load_settings
from spanlake.config.document import read_document

DEFAULT_FILE = Path(__file__).parents[3] / "otel-config.yaml"


def test_the_default_file_means_the_defaults() -> None:
    """Loading the otel-config.yaml of the repository is the same as having no file."""
    assert load_settings(DEFAULT_FILE, Overrides()) == Settings()


def test_the_default_file_spells_out_every_key() -> None:
    """The otel-config.yaml of the repository has every key there is, written as a default is."""
    values = read_document(DEFAULT_FILE, {}).values
    assert json.dumps(values) == json.dumps(Settings().model_dump(mode="json"))


def test_settings_are_typed_values() -> None:
    """Settings are read as endpoints, seconds and numbers, not as the text of the file."""
    settings = Settings()
    protocols = settings.receivers.otlp.protocols
    assert protocols.grpc is not None
    assert protocols.http is not None
    assert protocols.grpc.endpoint == Endpoint("127.0.0.1", 4317)
    assert protocols.http.read_timeout == 30.0
    assert protocols.http.max_request_body_size == 67108864
    assert settings.exporters.lake.dedup_window == 3600.0


def test_settings_do_not_change() -> None:
    """A setting cannot be assigned to once it is loaded."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().service.allow_unauthenticated = True
