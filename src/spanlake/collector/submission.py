"""What receivers hand to the pipeline, and what a batch of it becomes."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import pyarrow as pa

from spanlake.entities import Receipt


@dataclass(frozen=True, slots=True)
class Submission:
    """One export request as it came in.

    payload: its protobuf bytes, decompressed. digest: hex, of these bytes. experiment: the one
    its header named, or None. received_ns: when, in nanoseconds since the epoch. only: the
    experiment its sender may write to, None for any; what it sends may not be taken for what
    somebody else has sent.
    """

    payload: bytes
    digest: str
    experiment: str | None
    received_ns: int
    only: str | None = None

    @classmethod
    def of(
        cls, payload: bytes, *, experiment: str | None, received_ns: int, only: str | None = None
    ) -> "Submission":
        """Make a submission of `payload`."""
        digest = hashlib.sha256(payload)
        if only is not None:
            digest.update(only.encode())
        return cls(payload, digest.hexdigest()[:32], experiment, received_ns, only)


class Table(NamedTuple):
    """Several requests as one table ready to be stored.

    receipts: one a request, in order. sampled_out: how many items were accepted and are no rows.
    """

    rows: pa.Table
    receipts: list[Receipt]
    sampled_out: int = 0


class Tabulate(Protocol):
    """Turns requests that are known to be well-formed into rows of one table."""

    def __call__(self, submissions: list[Submission], /) -> Table:
        """Every good item is counted in its request's receipt, and a row if not sampled out."""
