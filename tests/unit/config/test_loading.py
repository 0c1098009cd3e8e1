import subprocess
import sys
from pathlib import Path

import pytest

from spanlake.config import Overrides, Settings, catalog_url, data_path, load_settings
from spanlake.errors import ConfigError, UserError


def test_without_a_file_the_defaults_hold() -> None:
    """No file named and none in the current directory means the built-in defaults."""
    assert load_settings(None, Overrides()) == Settings()


def test_the_file_in_the_current_directory_is_found() -> None:
    """An otel-config.yaml in the current directory is read without being named."""
    Path("otel-config.yaml").write_text("exporters: {lake: {path: here}}")
    assert load_settings(None, Overrides()).exporters.lake.path == "here"


def test_a_named_file_is_read_instead() -> None:
    """A file that is named replaces the one in the current directory altogether."""
    Path("otel-config.yaml").write_text("broken: [")
    Path("other.yaml").write_text("exporters: {lake: {path: there}}")
    assert load_settings(Path("other.yaml"), Overrides()).exporters.lake.path == "there"


def test_a_named_file_has_to_be_there() -> None:
    """A file that is named and not there is no reason to fall back on the defaults."""
    with pytest.raises(ConfigError, match=r"^none\.yaml cannot be read: no such file"):
        load_settings(Path("none.yaml"), Overrides())


def test_data_is_where_the_nearest_source_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake is where the flag says, else the environment, else the file, else the default."""
    path = Path("otel-config.yaml")
    assert load_settings(None, Overrides()).exporters.lake.path == "./spanlake-data"
    path.write_text("exporters: {lake: {path: file}}")
    assert load_settings(path, Overrides()).exporters.lake.path == "file"
    monkeypatch.setenv("SPANLAKE_DATA", "environment")
    assert load_settings(path, Overrides()).exporters.lake.path == "environment"
    assert load_settings(path, Overrides(data="flag")).exporters.lake.path == "flag"


def test_variables_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference in the file is replaced from the environment of the process."""
    monkeypatch.setenv("LIMIT", "9")
    Path("otel-config.yaml").write_text(
        "processors:\n  memory_limiter:\n    limit_mib: ${env:LIMIT}\n"
    )
    assert load_settings(None, Overrides()).processors.memory_limiter.limit_mib == 9


def test_every_command_finds_the_data_by_the_same_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data is at --data, else SPANLAKE_DATA unless it is empty, else ./spanlake-data."""
    assert data_path(None) == "./spanlake-data"
    monkeypatch.setenv("SPANLAKE_DATA", "")
    assert data_path(None) == "./spanlake-data"
    monkeypatch.setenv("SPANLAKE_DATA", "environment")
    assert data_path(None) == "environment"
    assert data_path("flag") == "flag"


def test_the_catalog_is_where_the_nearest_source_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalog is where the environment says, else the file, else beside the data."""
    path = Path("otel-config.yaml")

    def url() -> str | None:
        return load_settings(None, Overrides()).extensions.spanlake_catalog.url

    assert url() is None
    path.write_text("extensions: {spanlake_catalog: {url: 'sqlite:///file.sqlite'}}")
    assert url() == "sqlite:///file.sqlite"
    for there in ("postgres://h/d", "postgresql://me:p%40ss@h:5432/d?sslmode=require"):
        monkeypatch.setenv("SPANLAKE_CATALOG", there)
        assert url() == catalog_url() == there
    monkeypatch.setenv("SPANLAKE_CATALOG", "")
    assert url() == "sqlite:///file.sqlite"
    assert catalog_url() is None


def test_a_wrong_catalog_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is no place for a catalog is named, without the password in it."""
    monkeypatch.setenv("SPANLAKE_CATALOG", "mysql://me:secret@host/db")
    for load in (catalog_url, lambda: load_settings(None, Overrides())):
        with pytest.raises(ConfigError) as caught:
            load()
        message = str(caught.value)
        assert message.startswith("SPANLAKE_CATALOG is mysql://me:***@host/db: must be sqlite:///")
        assert message.endswith("; correct or unset it")


def test_an_empty_data_flag_is_refused() -> None:
    """An empty --data, as an unset shell variable leaves it, does not mean the default."""
    with pytest.raises(UserError, match=r"^--data is empty: must be a directory; name one or"):
        data_path("")


def test_the_configuration_loads_nothing_heavy() -> None:
    """Importing the configuration loads pydantic and yaml, and none of the large libraries."""
    heavy = {"duckdb", "pyarrow", "polars", "numpy", "grpc", "starlette", "opentelemetry"}
    heavy |= {"typer", "sqlalchemy"}
    program = "import sys, spanlake.config; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert heavy.isdisjoint(loaded.split())
