"""Names with values, as flags and arguments have them."""

from collections.abc import Iterable

from spanlake.errors import UserError


def pairs(typed: str, given: Iterable[str] | None, *, example: str) -> dict[str, str]:
    """KEY=TEXT pairs. typed: the flag, or what stands for the argument. UserError for no pair."""
    found = {}
    for pair in given or ():
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise UserError(f"{typed} is {pair}: must be KEY=TEXT, such as {example}")
        found[key] = text
    return found
