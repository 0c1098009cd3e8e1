"""The table of instrumentors: which one of a library is taken, and why."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Native(NamedTuple):
    """A library that traces itself. call: what switches it on, within its module."""

    name: str
    module: str
    call: str


class Rank(NamedTuple):
    """How good a choice an instrumentor is: the lowest order is taken."""

    order: int
    why: str


class InstrumentorTable(NamedTuple):
    """The data of instrumentors.toml; libraries are named as in Python, in lower case."""

    families: tuple[tuple[str, str], ...]
    first: Mapping[str, tuple[str, str]]
    unfit: Mapping[str, str]
    natives: tuple[Native, ...]
    aliases: Mapping[str, str]
    packages: Mapping[str, str]
    content: Mapping[str, str]
    no_content: Mapping[str, str]

    def library(self, name: str) -> str:
        """The library that an instrumentor's name, or a user, means."""
        plain = name.strip().lower().replace("-", "_")
        return self.aliases.get(plain, plain)

    def rank(self, library: str, distribution: str) -> Rank:
        """How good a distribution is for a library."""
        first, why = self.first.get(library, ("", ""))
        if distribution == first:
            return Rank(-1, why)
        after = len(self.families)
        if distribution in self.unfit:
            return Rank(after + 1, self.unfit[distribution])
        for order, (prefix, reason) in enumerate(self.families):
            if distribution.startswith(prefix):
                return Rank(order, reason)
        return Rank(after, "it is the one there is")


@cache
def instrumentor_table() -> InstrumentorTable:
    """Read the table."""
    text = files(__package__).joinpath("instrumentors.toml").read_text("utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    return InstrumentorTable(
        families=tuple((each["prefix"], each["why"]) for each in data["family"]),
        first={each["name"]: (each["first"], each["why"]) for each in data["library"]},
        unfit={each["distribution"]: each["why"] for each in data["unfit"]},
        natives=tuple(Native(**each) for each in data["native"]),
        aliases=data["aliases"],
        packages=data["packages"],
        content=data["variables"]["content"],
        no_content=data["variables"]["no_content"],
    )
