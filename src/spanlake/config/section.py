"""What all sections of the configuration have in common."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator


def _empty_means_defaults(value: object) -> object:
    return {} if value is None else value


class Section(BaseModel):
    """A mapping of known keys; `grpc:` without a value is a section with its defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, value: object) -> object:
        return _empty_means_defaults(value)


_S = TypeVar("_S", bound=Section)

OffIfAbsent = Annotated[_S | None, BeforeValidator(_empty_means_defaults)]
"""A section that is None, which is off, unless its key is there."""
