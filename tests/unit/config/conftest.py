from collections.abc import Callable
from pathlib import Path

import pytest

from spanlake.config import Overrides, Settings, load_settings


@pytest.fixture(autouse=True)
def _clean_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPANLAKE_DATA", raising=False)
    monkeypatch.delenv("SPANLAKE_CATALOG", raising=False)


@pytest.fixture
def load() -> Callable[[str], Settings]:
    """Load a text as the otel-config.yaml of the current directory."""

    def load(text: str) -> Settings:
        Path("otel-config.yaml").write_text(text, encoding="utf-8")
        return load_settings(None, Overrides())

    return load
