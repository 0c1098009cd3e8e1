"""What every decoder returns: a table of items, the requests they came with, and the refused."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Requests = npt.NDArray[np.int64]


class Decoded(NamedTuple):
    """Items out of a list of requests.

    table: the accepted ones. requests: for each row of it, the request it came with.
    rejected, reasons: for each request, how many items were refused, and why the first one was.
    """

    table: pa.Table
    requests: Requests
    rejected: list[int]
    reasons: list[str]


class IdRule(NamedTuple):
    """How many digits a column of hex ids may have, 0 for none, and the same in words."""

    column: str
    digits: tuple[int, ...]
    words: str


class ItemRules(NamedTuple):
    """What an item is called, the column that holds the name of each, and the rules for its ids."""

    item: str
    name_column: str
    ids: tuple[IdRule, ...]


def refuse(table: pa.Table, requests: Requests, count: int, rules: ItemRules) -> Decoded:
    """Take out the items that break a rule; `requests` tells which of `count` each came with."""
    good = np.ones(len(table), bool)
    reasons = [""] * count
    for rule in rules.ids:
        length = pc.fill_null(pc.binary_length(table[rule.column]), 0).to_numpy()
        allowed = np.isin(length, rule.digits)
        for row in np.flatnonzero(~allowed):
            request = requests[row]
            reasons[request] = reasons[request] or _reason(table.slice(int(row), 1), rules, rule)
        good &= allowed
    if good.all():
        return Decoded(table, requests, [0] * count, reasons)
    rejected = np.bincount(requests[~good], minlength=count).tolist()
    return Decoded(table.filter(pa.array(good)), requests[good], rejected, reasons)


def _reason(row: pa.Table, rules: ItemRules, rule: IdRule) -> str:
    name = row[rules.name_column][0].as_py() or ""
    found = row[rule.column][0].as_py() or ""
    return f"{rules.item} {name!r:.80}: {rule.column} is {found!r:.80}: it {rule.words}"
