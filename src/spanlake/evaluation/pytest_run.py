"""The run of a pytest session: a record a marked test, a verdict for how it ended, its trace."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Status, StatusCode

from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.harness.spans import RUN_ID, SCOPE, collect
from spanlake.semconv.normalise import Normaliser
from spanlake.semconv.price_book import PriceBook
from spanlake.semconv.tables import load_dialects
from spanlake.storage.catalog.prices import list_prices
from spanlake.storage.catalog.runs import (
    Run,
    RunOutcome,
    RunPlan,
    RunScorer,
    begin_run,
    end_run,
    list_runs,
)
from spanlake.storage.files.state import make_root
from spanlake.storage.runs.results import RunResult, verdict_id
from spanlake.storage.runs.store import RunStore

SCORER = "test"
SETUP_ERROR = "SETUP_ERROR"
_DIGEST = hashlib.blake2b(b"pytest: passed", digest_size=16).hexdigest()
_MAX_MESSAGE = 2_000
_NAMED = 5
_LOOKED_AT = 50


class RunSummary(NamedTuple):
    """What a session came to. previous: the run of the session before it, if there is one."""

    run_id: str
    name: str
    data: Path
    passed: int
    total: int
    previous: str | None


class TracedTest:
    """A marked test that runs; `trace_id` is that of its last trace, hex. See `ActiveTest`."""

    def __init__(self, run_id: str, data: Path, node_id: str, case: str | None) -> None:
        self.run_id, self.data, self.node_id = run_id, data, node_id
        self.trace_id: str | None = None
        self._name = node_id.rpartition("::")[2]
        self._attributes: dict[str, str | list[str]] = {
            RUN_ID: run_id,
            "spanlake.record_id": node_id,
            "spanlake.span_type": "TASK",
            "spanlake.tags": ["pytest"],
            "spanlake.metadata.test": node_id,
        }
        if case is not None:
            self._attributes["spanlake.metadata.case"] = case

    @contextmanager
    def traced(self) -> Iterator[None]:
        """Run the body in a trace of its own."""
        with trace.get_tracer(SCOPE).start_as_current_span(
            self._name, context=Context(), attributes=self._attributes, record_exception=False
        ) as span:
            self.trace_id = trace.format_trace_id(span.get_span_context().trace_id)
            try:
                yield
            except Exception as error:
                span.record_exception(error)
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(Status(StatusCode.ERROR, str(error)[:_MAX_MESSAGE]))
                raise


class PytestRun:
    """The run of one session, from its first marked test to its end.

    data: the data directory, or None for the usual one; it is made if it is not there. name: of the
    run, or None for one with the time. Raises SpanlakeError, OSError where it cannot be kept.
    """

    def __init__(self, data: str | None, name: str | None) -> None:
        self._place = Place.of(data)
        make_root(self._place.root)
        with self._place.open_catalog() as catalog:
            earlier = list_runs(catalog, kind="evaluation", limit=_LOOKED_AT)
            self._previous = next((run.run_id for run in earlier if _is_of_pytest(run)), None)
            plan = RunPlan(
                name=name or f"pytest {datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
                params={"by": "pytest"},
                scorers=(RunScorer(SCORER, _DIGEST),),
            )
            run = begin_run(catalog, plan)
            book = PriceBook(list_prices(catalog))
        self._run_id, self._name = run.run_id, run.name
        normaliser = Normaliser(load_dialects(), prices=True, book=lambda: book)
        with self._place.open_lake() as lake:
            self._store = RunStore(lake.layout, self._run_id, normaliser)
        self._store.__enter__()
        self._spans = collect(self._run_id)
        self._tests: dict[str, TracedTest] = {}
        self._times: Counter[str] = Counter()
        self._places: dict[str, int] = {}
        self._failed: list[str] = []
        self._errors = 0

    def begin(self, node_id: str, case: str | None) -> TracedTest:
        """A test that is about to run."""
        self._tests[node_id] = TracedTest(self._run_id, self._place.root, node_id, case)
        return self._tests[node_id]

    def end(
        self, node_id: str, *, passed: bool, is_error: bool, message: str | None, seconds: float
    ) -> None:
        """Keep how it ended; one that is run again is a repetition. is_error: it never began."""
        test = self._tests.pop(node_id, None)
        trace_id = None if test is None else test.trace_id
        repetition = self._times[node_id]
        self._times[node_id] += 1
        if not passed:
            self._failed.append(node_id)
        self._errors += is_error
        now = datetime.now(UTC)
        text = None if message is None else message[:_MAX_MESSAGE]
        row = RunResult(
            run_id=self._run_id,
            kind="row",
            record_id=node_id,
            position=self._places.setdefault(node_id, len(self._places)),
            repetition=repetition,
            target_type="record" if trace_id is None else "trace",
            trace_id=trace_id,
            inputs=orjson.dumps({"test": node_id}).decode(),
            latency_ms=1000 * seconds,
            error_code=SETUP_ERROR if is_error else None,
            error_message=text if is_error else None,
            created_at=now,
        )
        verdict = replace(
            row,
            kind="verdict",
            inputs=None,
            latency_ms=None,
            assessment_id=verdict_id(self._run_id, node_id, repetition, _DIGEST, 0),
            name=SCORER,
            scorer_name=SCORER,
            scorer_digest=_DIGEST,
            value=None if is_error else orjson.dumps(passed).decode(),
            value_bool=None if is_error else passed,
            passed=None if is_error else passed,
            rationale=None if is_error else text,
            source_type="CODE",
            source_id="pytest",
        )
        spans = self._spans.take_all()
        if spans is not None:
            self._store.add_spans(spans)
        self._store.add([row, verdict])

    def finish(self, *, interrupted: bool) -> RunSummary:
        """Bring everything into the lake and say what came of it."""
        self._spans.close()
        self._store.__exit__(None, None, None)
        total = sum(self._times.values())
        passed = total - len(self._failed)
        outcome = RunOutcome(
            state="stopped" if interrupted else "finished",
            metrics={f"{SCORER}/mean": passed / total} if total else {},
            passed=not self._failed and not interrupted,
            reason=self._reason(total),
            done_count=total,
            error_count=self._errors,
        )
        with self._place.open_catalog() as catalog:
            end_run(catalog, self._run_id, outcome)
        return RunSummary(self._run_id, self._name, self._place.root, passed, total, self._previous)

    def _reason(self, total: int) -> str:
        if not self._failed:
            return f"all {total:,} tests passed"
        named = ", ".join(self._failed[:_NAMED])
        more = f" and {len(self._failed) - _NAMED} more" if len(self._failed) > _NAMED else ""
        return f"{len(self._failed):,} of {total:,} tests failed: {named}{more}"


def _is_of_pytest(run: Run) -> bool:
    return run.params.get("by") == "pytest"
