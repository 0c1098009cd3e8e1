"""What a route or a method of a service asks of whoever calls it."""

from typing import NamedTuple

from spanlake.entities.access import Permission


class Policy(NamedTuple):
    """permission: what it takes. by_experiment: it holds to the experiment of a key that has one.

    A key for one experiment is refused where that is not so.
    """

    permission: Permission
    by_experiment: bool = False
