"""A group of requests as one file, and the answer that each of them gets once it is stored."""

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from spanlake.collector.seen_versions import seen_versions
from spanlake.collector.submission import Submission, Table, Tabulate
from spanlake.entities import Receipt, Signal
from spanlake.errors import RequestError, UnreadableError
from spanlake.otlp.items import check_item_count
from spanlake.otlp.messages import parse
from spanlake.storage.catalog.version import SeenVersion
from spanlake.storage.parquet import StoredRequest, encode

_MOST_EXPERIMENTS = 1000


class GroupFile(NamedTuple):
    """What becomes of a group.

    content: the Parquet file, None when no item is to be stored. items: its rows. experiments: the
    names of some thousand that they belong to at most. versions: of the apps that sent them.
    stored: the requests it answers for. sampled_out: items that were accepted and are no rows.
    answers: one a request of the group, in their order.
    """

    content: pa.Buffer | None
    items: int
    experiments: frozenset[str]
    versions: list[SeenVersion]
    stored: list[StoredRequest]
    sampled_out: int
    answers: list[Receipt | RequestError]


def group_file(
    signal: Signal, submissions: list[Submission], tabulate: Tabulate, *, compression_level: int
) -> GroupFile:
    """Decode requests of distinct digests and encode their items; what is no request is refused.

    Raises RequestError when they cannot be one file: some request spoils it, or all are too much.
    """
    answers: dict[str, Receipt | RequestError] = dict(_refused(signal, submissions))
    good = [submission for submission in submissions if submission.digest not in answers]
    file = GroupFile(None, 0, frozenset(), [], [], 0, [])
    if good:
        try:
            file = _file(good, tabulate(good), compression_level)
        except (RequestError, MemoryError):
            raise
        except Exception as error:
            raise UnreadableError("the request could not be read; please report it") from error
    answers |= zip((submission.digest for submission in good), file.answers, strict=True)
    return file._replace(answers=[answers[submission.digest] for submission in submissions])


def _refused(signal: Signal, submissions: list[Submission]) -> Iterator[tuple[str, RequestError]]:
    """The requests that are none, or hold too much, by digest, and why."""
    for submission in submissions:
        try:
            check_item_count(signal, submission.payload)
            parse(signal, submission.payload)
        except RequestError as error:
            yield submission.digest, error


def _file(submissions: list[Submission], table: Table, compression_level: int) -> GroupFile:
    requests = [
        StoredRequest(submission.digest, receipt)
        for submission, receipt in zip(submissions, table.receipts, strict=True)
    ]
    stored = [request for request in requests if request.receipt.accepted]
    content = None
    if len(table.rows):
        content = encode(table.rows, stored, compression_level=compression_level)
    experiments = _experiments(table.rows)
    return GroupFile(
        content,
        len(table.rows),
        experiments,
        seen_versions(table.rows),
        stored,
        table.sampled_out,
        list(table.receipts),
    )


def _experiments(rows: pa.Table) -> frozenset[str]:
    # A client that invents a name for every item shall not make lists of them.
    names = rows["experiment"].unique().slice(0, _MOST_EXPERIMENTS)
    return frozenset(name for name in names.to_pylist() if name is not None)
