"""The sixty statements about receivers of OTLP, read from `statements.toml`."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Transport(StrEnum):
    """The ways to send an export request."""

    GRPC = "grpc"
    PROTOBUF = "http/protobuf"
    JSON = "http/json"

    @property
    def media_type(self) -> str:
        """The Content-Type over HTTP."""
        return "application/json" if self is Transport.JSON else "application/x-protobuf"


class Level(StrEnum):
    """How binding a statement is; `extra` is what users expect beyond the specification."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a receiver does, and over which transports that can be seen."""

    number: int
    level: Level
    says: str
    transports: frozenset[Transport]


@cache
def statements() -> tuple[Statement, ...]:
    """All of them, by number."""
    text = files(__package__).joinpath("statements.toml").read_text("utf-8")
    return tuple(
        Statement(
            number=each["number"],
            level=Level(each["level"]),
            says=each["says"],
            transports=frozenset(map(Transport, each["transports"])),
        )
        for each in tomllib.loads(text)["statement"]
    )
