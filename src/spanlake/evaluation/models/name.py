"""How users name models: `openai:/gpt-4.1-mini`, `gpt-4.1-mini` or `http://host:8000/v1#model`."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import urlsplit

from spanlake.errors import UserError
from spanlake.evaluation.models.provider import OPENAI_COMPATIBLE, Provider, providers

_SEPARATOR = ":/"
_AT_A_URL = (
    "the base URL of an OpenAI-compatible server with its model, "
    "such as http://localhost:8000/v1#MODEL"
)
_FORMS = (
    "must be PROVIDER:/MODEL such as openai:/gpt-4.1-mini or anthropic:/claude-sonnet-4-5, "
    f"or {_AT_A_URL}"
)


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model and who serves it. base_url: where, if the user says so."""

    provider: Provider
    model: str
    base_url: str | None = None

    @classmethod
    def parse(cls, text: str, base_url: str | None = None) -> Self:
        """Read a name. base_url: of an OpenAI-compatible server that serves the model.

        UserError for one that names no model.
        """
        return cls._read(text, base_url)

    @classmethod
    @lru_cache(maxsize=256)
    def _read(cls, text: str, base_url: str | None) -> Self:
        if text.startswith(("http://", "https://")):
            url, _, model = text.partition("#")
            return cls._served_at(url, model, text)
        provider_name, separator, model = text.partition(_SEPARATOR)
        if separator:
            provider = _provider(provider_name, text)
        else:
            model = text
            provider = OPENAI_COMPATIBLE if base_url is not None else _provider_of(text)
        if not model.strip() or model != model.strip():
            raise UserError(f"the model is {text!r}: {_FORMS}")
        if base_url is not None:
            return cls._served_at(base_url, model, base_url)
        return cls(provider, model)

    @classmethod
    def _served_at(cls, url: str, model: str, typed: str) -> Self:
        parts = urlsplit(url)
        if not parts.hostname or parts.scheme not in {"http", "https"} or parts.username:
            raise UserError(
                f"the base URL is {typed!r}: must be http(s)://HOST[:PORT]/PATH without a user; "
                "put a key in SPANLAKE_MODEL_API_KEY"
            )
        if not model.strip():
            raise UserError(f"the model is {typed!r}: {_FORMS}")
        return cls(OPENAI_COMPATIBLE, model, url.rstrip("/"))

    def __str__(self) -> str:
        """The name as it can be typed again."""
        if self.base_url is not None:
            return f"{self.base_url}#{self.model}"
        return f"{self.provider.name}{_SEPARATOR}{self.model}"


def _provider(name: str, text: str) -> Provider:
    known = providers()
    if name not in known:
        raise UserError(
            f"the model is {text!r}: no provider {name!r} is known; use one of "
            f"{', '.join(known)}, or {_AT_A_URL}"
        )
    return known[name]


def _provider_of(model: str) -> Provider:
    """Find who serves a model by its name alone."""
    for provider in providers().values():
        if provider.models and model.startswith(provider.models):
            return provider
    raise UserError(f"the model is {model!r}: {_FORMS}")
