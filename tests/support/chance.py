"""Choices that look random and are the same in every run."""

from random import Random


def chance(seed: str | int) -> Random:
    """A source of choices that the seed decides."""
    return Random(seed)  # noqa: S311  # to be repeated, not to be secret
