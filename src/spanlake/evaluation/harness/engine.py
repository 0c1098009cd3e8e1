"""The engine: rows through the app and the scorers, many at a time, each result stored at once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

import orjson

from spanlake.entities import AssessmentError, Feedback, Session, Trace
from spanlake.evaluation.harness.event_loop import first_error
from spanlake.evaluation.harness.prediction import Prediction, Predictor
from spanlake.evaluation.harness.progress import Meter
from spanlake.evaluation.harness.row import ContentDigests, EvaluationData, EvaluationRow
from spanlake.evaluation.harness.sink import ResultSink
from spanlake.evaluation.harness.spans import RunSpans
from spanlake.evaluation.harness.trace_loader import TraceLoader
from spanlake.evaluation.harness.verdicts import Judged, verdict_results
from spanlake.evaluation.models.errors import DENIED, BudgetExceededError, ModelSetupError
from spanlake.evaluation.scorers.run import score_one
from spanlake.evaluation.scorers.sample import Sample
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.storage.catalog.json_text import json_value
from spanlake.storage.runs.reading import Done, StoredRow
from spanlake.storage.runs.results import RunResult

_CHUNK = 500
_JUDGE_TRACE = "judge_trace_id"
# Rows that have begun: more than are predicted at once, for some wait for their trace.
_IN_FLIGHT = 256


class BudgetSpent(Exception):  # noqa: N818  # no fault: the end of a run
    """The judges may spend no more: what is left is for another time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done.

    predictor: None where the rows have answers. concurrency: calls of the app at once, and of
    scorers. keeps_rows: rows are results too, and not verdicts alone. stored_rows: gives the rows
    with these record ids that the run has answers of. load_sessions: gives stored sessions by id.
    """

    run_id: str
    data: EvaluationData
    predictor: Predictor | None
    scorers: Sequence[Scorer]
    repetitions: int = 1
    concurrency: int = 10
    scorer_concurrency: int = 10
    experiment: str | None = None
    keeps_rows: bool = True
    done: Done
    stored_rows: Callable[[list[str]], dict[tuple[str, int], StoredRow]]
    load_sessions: Callable[[Sequence[str]], list[Session]]


class _Answer(NamedTuple):
    """What is scored of a row."""

    outputs: Any
    trace_id: str | None
    session_id: str | None
    error_message: str | None


class Engine:
    """Does the work of one run. Lives in one event loop."""

    def __init__(
        self, work: Work, store: ResultSink, spans: RunSpans, loader: TraceLoader, meter: Meter
    ) -> None:
        self._work = work
        self._store = store
        self._spans = spans
        self._loader = loader
        self._meter = meter
        self._of_rows = [each for each in work.scorers if not each.is_session_level]
        self._of_sessions = [each for each in work.scorers if each.is_session_level]
        self._wants_trace = any("trace" in each.wants for each in self._of_rows)
        self._predicting = asyncio.Semaphore(work.concurrency)
        self._scoring = asyncio.Semaphore(work.scorer_concurrency)
        self._in_flight = asyncio.Semaphore(max(_IN_FLIGHT, 2 * work.concurrency))
        self._sessions: dict[str, None] = {}
        self._stop: BudgetSpent | ModelSetupError | None = None

    async def run(self) -> None:
        """Do what is not done yet. Raises what storing raises.

        Raises BudgetSpent, or ModelSetupError for a judge that its provider denies, when the calls
        that were in flight are answered and stored.
        """
        rows = self._rows()
        try:
            async with asyncio.TaskGroup() as tasks:
                while self._stop is None and (
                    chunk := await asyncio.to_thread(lambda: list(islice(rows, _CHUNK)))
                ):
                    await self._begin(tasks, chunk)
        except BaseExceptionGroup as group:
            raise first_error(group) from None
        finally:
            self._keep_spans(None)
        if self._of_sessions and self._stop is None:
            await self._score_sessions()
        self._keep_spans(None)
        self._meter.end()
        if self._stop is not None:
            raise self._stop

    def _rows(self) -> Iterator[EvaluationRow]:
        """The rows, if possible without those of which nothing is left to do."""
        work = self._work
        if work.data.rows_besides is None or self._of_sessions:
            return work.data.rows()
        self._meter.skip(len(work.done.whole) * work.repetitions)
        return work.data.rows_besides(work.done.whole)

    async def _begin(self, tasks: asyncio.TaskGroup, chunk: list[EvaluationRow]) -> None:
        """Begin what is not done of these rows; some may have an answer and lack a verdict."""
        todo = [
            (row, repetition)
            for row in chunk
            for repetition in range(self._work.repetitions)
            if not self._is_done(row, repetition)
        ]
        answered = [
            row.record_id
            for row, repetition in todo
            if (row.record_id, repetition) in self._work.done.rows
        ]
        stored: dict[tuple[str, int], StoredRow] = {}
        if answered:
            stored = await asyncio.to_thread(self._work.stored_rows, answered)
        for row, repetition in todo:
            await self._in_flight.acquire()
            if self._stop is not None:
                return
            known = stored.get((row.record_id, repetition))
            tasks.create_task(self._do(row, repetition, known))

    def _is_done(self, row: EvaluationRow, repetition: int) -> bool:
        if self._of_sessions and row.session_id is not None:
            self._sessions[row.session_id] = None
        done = self._work.done
        is_done = row.record_id in done.whole or (
            (row.record_id, repetition) in done.rows and not self._missing(row, repetition)
        )
        if is_done:
            self._meter.skip()
        return is_done

    def _missing(self, row: EvaluationRow, repetition: int) -> list[Scorer]:
        """The scorers that have not judged it."""
        judged = self._work.done.verdicts.get((row.record_id, repetition), ())
        scorers = self._of_rows if row.session is None else self._of_sessions
        return [each for each in scorers if each.digest not in judged]

    async def _do(self, row: EvaluationRow, repetition: int, stored: StoredRow | None) -> None:
        try:
            if stored is None:
                answer = await self._answer(row, repetition)
            else:
                answer = _of_stored(stored)
            failed = await self._score(row, repetition, answer)
            self._meter.finish(is_error=failed or answer.error_message is not None)
        finally:
            self._in_flight.release()

    async def _answer(self, row: EvaluationRow, repetition: int) -> _Answer:
        """What the app answers, or what the row has; stored on return."""
        prediction = Prediction(outputs=row.outputs, trace_id=row.trace_id)
        if self._work.predictor is not None:
            async with self._predicting:
                prediction = await self._work.predictor.predict(row.inputs, row.record_id)
            if prediction.trace_id is not None:
                self._keep_spans(int(prediction.trace_id, 16))
        if self._work.keeps_rows:
            self._store.add([self._row_result(row, repetition, prediction)])
        return _Answer(
            prediction.outputs, prediction.trace_id, row.session_id, prediction.error_message
        )

    async def _score(self, row: EvaluationRow, repetition: int, answer: _Answer) -> bool:
        """Ask the scorers that have not judged; whether any failed."""
        missing = self._missing(row, repetition)
        if not missing:
            return False
        sample = await self._sample(row, answer)
        judged = Judged(
            run_id=self._work.run_id,
            record_id=row.record_id,
            position=row.position,
            repetition=repetition,
            trace_id=answer.trace_id,
            session_id=row.session_id,
            split=row.split,
            experiment=self._work.experiment,
            is_session=row.session is not None,
        )
        if answer.error_message is not None:
            # What there is no answer to cannot be judged; it is no verdict on the app either.
            for scorer in missing:
                self._store.add(verdict_results(judged, scorer, [_unanswered(scorer)]))
            return True
        failures = await asyncio.gather(
            *(self._ask(each, sample, _with_content(judged, row, each)) for each in missing)
        )
        return any(failures)

    async def _sample(self, row: EvaluationRow, answer: _Answer) -> Sample:
        if row.session is not None:
            return Sample.of_session(row.session)
        return Sample(
            target_id=answer.trace_id or row.record_id,
            target_type="trace" if answer.trace_id else "record",
            inputs=row.inputs,
            outputs=answer.outputs,
            expectations=row.expectations,
            trace=await self._trace(row, answer),
        )

    async def _ask(self, scorer: Scorer, sample: Sample, judged: Judged) -> bool:
        async with self._scoring:
            if self._stop is not None:
                return True
            try:
                feedbacks = await score_one(scorer, sample)
            except ModelSetupError as error:
                self._stop = error
                return True
        for feedback in feedbacks:
            if judge_trace := feedback.metadata.get(_JUDGE_TRACE):
                self._keep_spans(int(judge_trace, 16))
        stop = _stop_for(feedbacks)
        if stop is not None:
            # No verdict: it is to be asked for when there is money, or a key, again.
            self._stop = stop
            return True
        self._store.add(verdict_results(judged, scorer, feedbacks))
        return any(each.error is not None for each in feedbacks)

    async def _trace(self, row: EvaluationRow, answer: _Answer) -> Trace | None:
        if row.trace is not None or not self._wants_trace or answer.trace_id is None:
            return row.trace
        return await self._loader.trace(answer.trace_id)

    async def _score_sessions(self) -> None:
        """Ask the scorers of whole sessions, once for each session of the rows."""
        ids = iter(self._sessions)
        while batch := list(islice(ids, _CHUNK)):
            sessions = await asyncio.to_thread(self._work.load_sessions, batch)
            rows = [session_row(each, position) for position, each in enumerate(sessions)]
            await asyncio.gather(
                *(self._score(row, 0, _Answer(None, None, row.session_id, None)) for row in rows)
            )

    def _keep_spans(self, trace_id: int | None) -> None:
        """Store what has ended of a trace, or of all."""
        request = self._spans.take_all() if trace_id is None else self._spans.take(trace_id)
        if request is not None:
            self._store.add_spans(request)

    def _row_result(self, row: EvaluationRow, repetition: int, prediction: Prediction) -> RunResult:
        return RunResult(
            run_id=self._work.run_id,
            kind="row",
            record_id=row.record_id,
            position=row.position,
            repetition=repetition,
            target_type="trace" if prediction.trace_id else "record",
            trace_id=prediction.trace_id,
            session_id=row.session_id,
            split=row.split,
            inputs=_text(row.inputs),
            outputs=None if prediction.outputs is None else _text(prediction.outputs),
            expectations=_text(dict(row.expectations)),
            tags=_text(dict(row.tags)),
            latency_ms=prediction.latency_ms,
            error_code=prediction.error_code,
            error_message=prediction.error_message,
            experiment=self._work.experiment,
            created_at=datetime.now(UTC),
        )


def session_row(
    session: Session, position: int, content: ContentDigests | None = None
) -> EvaluationRow:
    """A stored session as a row."""
    return EvaluationRow(
        position=position,
        record_id=session.session_id,
        has_outputs=True,
        session_id=session.session_id,
        session=session,
        content=content,
    )


def _with_content(judged: Judged, row: EvaluationRow, scorer: Scorer) -> Judged:
    """What is judged, with the digest of the content that this scorer sees."""
    if row.content is None:
        return judged
    sees_expectations = "expectations" in scorer.wants
    digest = row.content.with_expectations if sees_expectations else row.content.alone
    return replace(judged, content_digest=digest)


def _of_stored(row: StoredRow) -> _Answer:
    return _Answer(json_value(row.outputs), row.trace_id, row.session_id, row.error_message)


def _unanswered(scorer: Scorer) -> Feedback:
    return Feedback(
        name=scorer.name,
        source=scorer.source,
        error=AssessmentError("NO_ANSWER", "the app failed: there is nothing to judge"),
    )


def _stop_for(feedbacks: Sequence[Feedback]) -> BudgetSpent | ModelSetupError | None:
    """Why nothing more is to be asked: whatever it is, it would be answered alike."""
    for error in (each.error for each in feedbacks if each.error is not None):
        if error.error_code == BudgetExceededError.error_code:
            return BudgetSpent()
        if error.error_code in DENIED:
            return ModelSetupError(f"{error.error_message}; what was judged before is kept")
    return None


def _text(value: Any) -> str:  # noqa: ANN401  # any JSON
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=str).decode()
