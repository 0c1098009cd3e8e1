"""Items of other experiments than the one that the key of their request is for are rejected."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.collector.submission import Submission, Table
from spanlake.entities import Receipt


def within_experiments(
    rows: pa.Table,
    requests: npt.NDArray[np.int64],
    submissions: list[Submission],
    receipts: list[Receipt],
) -> Table:
    """The rows that their senders may write. requests: for each row the request it came with."""
    allowed = [submission.only for submission in submissions]
    if not any(allowed):
        return Table(rows, receipts)
    only = pa.array(allowed, pa.string()).take(pa.array(requests))
    foreign = pc.fill_null(pc.not_equal(rows["experiment"], only), False).to_numpy()
    if not foreign.any():
        return Table(rows, receipts)
    counts = np.bincount(requests[foreign], minlength=len(submissions)).tolist()
    named = rows["experiment"]
    # Of each request the first one says which experiment that was.
    first = {int(requests[at]): at for at in reversed(np.flatnonzero(foreign))}
    held = [
        _less(receipt, counts[at], named[int(first[at])].as_py(), allowed[at])
        if counts[at]
        else receipt
        for at, receipt in enumerate(receipts)
    ]
    return Table(rows.filter(pa.array(~foreign)), held)


def _less(receipt: Receipt, count: int, named: str, only: str | None) -> Receipt:
    reason = f"experiment {named[:80]!r} is not the one of this key, which is {only!r}"
    return Receipt(receipt.accepted - count, receipt.rejected + count, receipt.reason or reason)
