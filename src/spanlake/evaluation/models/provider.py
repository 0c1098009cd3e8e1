"""The providers Spanlake knows, from providers.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Protocol = Literal["openai", "anthropic", "offline"]


@dataclass(frozen=True, slots=True)
class Provider:
    """Who serves models, where, and in which protocol.

    semconv: its name in OpenTelemetry. base_url: None if only the environment can say it.
    key, url: the environment variables of the API key and of another base URL; None is neither.
    models: what its models' names start with.
    """

    name: str
    protocol: Protocol
    semconv: str
    base_url: str | None = None
    key: str | None = None
    url: str | None = None
    models: tuple[str, ...] = ()


OPENAI_COMPATIBLE = Provider("http", "openai", "openai_compatible", key="SPANLAKE_MODEL_API_KEY")
"""Whoever is at a base URL of the user's. No provider's key is ever sent there."""


@cache
def providers() -> Mapping[str, Provider]:
    """Every known provider by the name that is typed."""
    table = tomllib.loads(Path(__file__).with_name("providers.toml").read_text(encoding="utf-8"))
    return {
        name: Provider(name, **{**entry, "models": tuple(entry.get("models", ()))})
        for name, entry in table.items()
    }
