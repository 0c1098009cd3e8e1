"""Traces that are judged as one."""

from collections.abc import Iterable, Sequence


def components(groups: Iterable[Sequence[str]]) -> list[set[str]]:
    """The groups, those that share a member as one."""
    whole: dict[str, set[str]] = {}
    for group in groups:
        joined = set(group).union(*(whole.get(each, ()) for each in group))
        whole |= dict.fromkeys(joined, joined)
    return list({id(each): each for each in whole.values()}.values())
