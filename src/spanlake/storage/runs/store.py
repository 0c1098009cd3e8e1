"""Where a run's results and spans go: to its journal at once, to the lake with many others."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

import pyarrow as pa

from spanlake.semconv.normalise import Normaliser
from spanlake.storage.append import Appender
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.runs.journal import EntryKind, JournalEntry, RunJournal
from spanlake.storage.runs.results import TABLE, RunResult, from_json, table_of, to_json
from spanlake.storage.runs.span_rows import span_rows

_COMMIT_SECONDS = 2.0
_COMMIT_RESULTS = 5000
# Beyond this many the ones who bring them wait for the commit: memory stays as it is.
_MOST_RESULTS = 20_000
_SPANS = "spans"


class _Pending(NamedTuple):
    results: list[RunResult]
    spans: list[bytes]

    def __bool__(self) -> bool:
        return bool(self.results or self.spans)


class RunStore:
    """Stores what a run does. For any threads.

    A result is safe from the death of the process when `add` returns, and in the lake some seconds
    later, or when `commit` returns. name: of the journal, the run's id or one for runs that shall
    not be at the same time. UserError while another process has it.
    """

    def __init__(self, layout: Layout, name: str, normaliser: Normaliser) -> None:
        self._journal = RunJournal(layout, name)
        self._normaliser = normaliser
        self._results = Appender(layout, TABLE)
        self._spans = Appender(layout, _SPANS)
        self._pending = _Pending([], [])
        self._queue = threading.Lock()
        self._committing = threading.Lock()
        self._failure: Exception | None = None
        self._wake = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="spanlake-run-store", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_closing = True
        self._wake.set()
        self._thread.join()
        try:
            self.commit()
            if self._failure is None:
                self._journal.remove()
            elif error is None:
                raise self._failure
        finally:
            self._journal.close()
            self._results.close()
            self._spans.close()

    def recover(self, lake: Lake) -> int:
        """Commit what an earlier process had not; how many results that were."""
        results: list[RunResult] = []
        spans: list[bytes] = []
        for kind, payload in self._journal.left_over():
            if kind is EntryKind.RESULT:
                results.append(from_json(payload))
            else:
                spans.append(payload)
        # It may have died between a commit and the removal of what was committed.
        known = {run_id: stored_keys(lake, run_id) for run_id in {each.run_id for each in results}}
        missing = {
            (each.run_id, *each.key): each for each in results if each.key not in known[each.run_id]
        }
        self._store(_Pending(list(missing.values()), spans))
        self._journal.forget_left_over()
        return len(missing)

    def add(self, results: Iterable[RunResult]) -> None:
        """Keep results that belong together. Raises OSError, CommitError when it cannot."""
        new = list(results)
        payloads = [to_json(each) for each in new]
        with self._queue:
            for payload in payloads:
                self._journal.add(JournalEntry(EntryKind.RESULT, payload))
            self._pending.results.extend(new)
            waiting = len(self._pending.results)
        if waiting >= _COMMIT_RESULTS:
            self._wake.set()
        if waiting >= _MOST_RESULTS:
            self.commit()
        self._check()

    def add_spans(self, request: bytes) -> None:
        """Keep the spans of an export request."""
        with self._queue:
            self._journal.add(JournalEntry(EntryKind.SPANS, request))
            self._pending.spans.append(request)

    def add_table(self, rows: pa.Table) -> None:
        """Bring many results into the lake at once, all of them or none; durable on return."""
        if len(rows):
            with self._committing:
                self._results.append(rows)

    def commit(self) -> None:
        """Bring everything into the lake that was added before; durable and visible on return."""
        with self._committing:
            with self._queue:
                if not self._pending:
                    return
                pending, self._pending = self._pending, _Pending([], [])
                segment = self._journal.begin_commit()
            try:
                self._store(pending)
            except Exception as error:
                # The journal keeps what could not be stored, for whoever goes on with the run.
                self._failure = error
                raise
            segment.unlink(missing_ok=True)

    def _store(self, pending: _Pending) -> None:
        # Spans first: a result that names a trace shall not be seen before it.
        if pending.spans:
            self._spans.append(span_rows(pending.spans, self._normaliser))
        if pending.results:
            self._results.append(table_of(pending.results))

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(_COMMIT_SECONDS)
            self._wake.clear()
            # Whoever adds the next result is told of a failure.
            with suppress(Exception):
                self.commit()


def stored_keys(lake: Lake, run_id: str) -> set[tuple[object, ...]]:
    """The keys of the results that are in the lake; see `RunResult.key`.

    What a model did not answer is none: its key is also that of the answer that came later.
    """
    rows = lake.rows(
        "SELECT kind, record_id, repetition, scorer_digest, assessment_id"
        " FROM lake.run_results WHERE run_id = $run_id AND NOT lake.is_unanswered(error_code)",
        {"run_id": run_id},
    )
    return set(rows)
