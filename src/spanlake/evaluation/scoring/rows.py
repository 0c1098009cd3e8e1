"""Targets that lack a verdict, as rows with all that scorers may ask for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from spanlake.evaluation.harness.data import trace_row
from spanlake.evaluation.harness.engine import Work, session_row
from spanlake.evaluation.harness.row import ContentDigests, EvaluationData, EvaluationRow
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.storage.lake import Lake
from spanlake.storage.runs.ledger import Lacking
from spanlake.storage.runs.reading import Done
from spanlake.storage.trace_reader.reader import load_sessions, load_traces

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of one kind. missing: the digests of the scorers that have not judged, by id."""

    rows: Callable[[], Iterator[EvaluationRow]]
    missing: dict[str, frozenset[str]]

    def work(self, run_id: str, scorers: Sequence[Scorer], concurrency: int) -> Work:
        """What an engine has to do."""
        digests = frozenset(each.digest for each in scorers)
        judged = {(target, 0): digests - missing for target, missing in self.missing.items()}
        return Work(
            run_id=run_id,
            data=EvaluationData(rows=self.rows, count=len(self.missing), has_answers=True),
            predictor=None,
            scorers=scorers,
            scorer_concurrency=concurrency,
            keeps_rows=False,
            done=Done(verdicts=judged),
            stored_rows=lambda _: {},
            load_sessions=lambda _: [],
        )


def stored_targets(lake: Lake, found: Sequence[Lacking], *, are_sessions: bool) -> Targets:
    """Stored traces or sessions, loaded as they are iterated, some hundred at a time."""
    load = _session_rows if are_sessions else _trace_rows
    missing = {each.target_id: frozenset(each.missing) for each in found}
    return Targets(lambda: load(lake, found), missing)


def _trace_rows(lake: Lake, found: Sequence[Lacking]) -> Iterator[EvaluationRow]:
    content = _contents(found)
    position = 0
    for batch in _batches(found):
        for trace in load_traces(lake, batch):
            yield trace_row(trace, position, content[trace.trace_id])
            position += 1


def _session_rows(lake: Lake, found: Sequence[Lacking]) -> Iterator[EvaluationRow]:
    content = _contents(found)
    position = 0
    for batch in _batches(found):
        for session in load_sessions(lake, batch):
            yield session_row(session, position, content[session.session_id])
            position += 1


def _batches(found: Iterable[Lacking]) -> Iterator[list[str]]:
    ids = iter(each.target_id for each in found)
    while batch := list(islice(ids, _BATCH)):
        yield batch


def _contents(found: Sequence[Lacking]) -> dict[str, ContentDigests]:
    return {
        each.target_id: ContentDigests(each.content_digest, each.expected_digest) for each in found
    }
