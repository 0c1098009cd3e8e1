"""Runs: what was evaluated or scored, on what, with what, and what came of it.

A run's results are rows of the lake's table `run_results`; here is what is said of it as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Literal
from uuid import uuid4

import orjson
from sqlalchemy import Row, delete, insert, select, update

from spanlake.entities.access import Principal
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.audit_log import deleted, record
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_record import check_tag
from spanlake.storage.catalog.json_text import json_text, json_value
from spanlake.storage.catalog.run_tables import RUNS
from spanlake.storage.catalog.texts import check_name

RunKind = Literal["evaluation", "scoring"]
RunState = Literal["running", "finished", "failed", "stopped"]

_LONGEST_NAME = 200
_JSON = ("params", "metrics", "tags")


@dataclass(frozen=True, slots=True)
class RunScorer:
    """A scorer of a run: its name, and the digest of its code, parameters and model."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run is to do. params: JSON values that say how. row_count: None for not known.

    source_run_id: the run whose outputs it scores again. tags: free words of the user's.
    """

    name: str | None = None
    kind: RunKind = "evaluation"
    experiment: str | None = None
    dataset_id: str | None = None
    dataset_name: str | None = None
    dataset_version: int | None = None
    dataset_digest: str | None = None
    source_run_id: str | None = None
    app_version: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    scorers: tuple[RunScorer, ...] = ()
    tags: Mapping[str, Any] = field(default_factory=dict)
    quality_criteria: str | None = None
    row_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What became of a run. metrics: by <scorer>/<aggregation>. reason: why it passed or not.

    done_count: rows with a result; error_count: those among them with an error. cost_usd: of the
    judges, None if no price is known.
    """

    state: RunState
    metrics: Mapping[str, float] = field(default_factory=dict)
    passed: bool | None = None
    reason: str | None = None
    done_count: int | None = None
    error_count: int | None = None
    cost_usd: float | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as the catalog has it; see RunPlan and RunOutcome. One killed stays 'running'."""

    run_id: str
    name: str
    kind: RunKind
    state: RunState
    experiment: str | None
    dataset_id: str | None
    dataset_name: str | None
    dataset_version: int | None
    dataset_digest: str | None
    source_run_id: str | None
    app_version: str | None
    params: dict[str, Any]
    scorers: tuple[RunScorer, ...]
    metrics: dict[str, float]
    tags: dict[str, str]
    quality_criteria: str | None
    passed: bool | None
    reason: str | None
    row_count: int | None
    done_count: int | None
    error_count: int | None
    cost_usd: float | None
    error_message: str | None
    started_at: datetime
    ended_at: datetime | None


def begin_run(catalog: Catalog, plan: RunPlan) -> Run:
    """Record a run that starts now; it has a name of its own if the plan gives none. UserError."""
    now = datetime.now(UTC)
    run_id = uuid4().hex
    name = plan.name or f"{plan.kind} {now:%Y-%m-%d %H:%M:%S}"
    check_name("the name of the run", name, longest=_LONGEST_NAME)
    tags = {key: check_tag(key, value, "the run") for key, value in plan.tags.items()}
    with catalog.writing() as connection:
        connection.execute(
            insert(RUNS).values(
                run_id=run_id,
                name=name,
                kind=plan.kind,
                state="running",
                experiment=plan.experiment,
                dataset_id=plan.dataset_id,
                dataset_name=plan.dataset_name,
                dataset_version=plan.dataset_version,
                dataset_digest=plan.dataset_digest,
                source_run_id=plan.source_run_id,
                app_version=plan.app_version,
                params=json_text(dict(plan.params), typed="the params of the run"),
                scorers=_scorers_text(plan.scorers),
                metrics="{}",
                tags=json_text(tags, typed="the tags of the run"),
                quality_criteria=plan.quality_criteria,
                row_count=plan.row_count,
                started_at=now,
            )
        )
    return get_run(catalog, run_id)


def resume_run(
    catalog: Catalog, run_id: str, *, scorers: tuple[RunScorer, ...], row_count: int | None
) -> Run:
    """Record that a run goes on, with these scorers. NotFoundError if there is none."""
    with catalog.writing() as connection:
        connection.execute(
            update(RUNS)
            .where(RUNS.c.run_id == run_id)
            .values(
                state="running",
                scorers=_scorers_text(scorers),
                row_count=row_count,
                ended_at=None,
                error_message=None,
            )
        )
    return get_run(catalog, run_id)


def end_run(catalog: Catalog, run_id: str, outcome: RunOutcome) -> Run:
    """Record what became of a run that ends now. NotFoundError if there is none."""
    with catalog.writing() as connection:
        connection.execute(
            update(RUNS)
            .where(RUNS.c.run_id == run_id)
            .values(
                state=outcome.state,
                metrics=json_text(dict(outcome.metrics), typed="the metrics of the run"),
                passed=outcome.passed,
                reason=outcome.reason,
                done_count=outcome.done_count,
                error_count=outcome.error_count,
                cost_usd=outcome.cost_usd,
                error_message=outcome.error_message,
                ended_at=datetime.now(UTC),
            )
        )
    return get_run(catalog, run_id)


def get_run(catalog: Catalog, reference: str) -> Run:
    """The run of this id, or the beginning of it, or of this name, the newest of that name.

    Raises NotFoundError if there is none, UserError if several ids begin so.
    """
    with catalog.reading() as connection:
        exact = connection.execute(select(RUNS).where(RUNS.c.run_id == reference)).first()
        if exact is not None:
            return run_of_row(exact)
        named = connection.execute(
            select(RUNS).where(RUNS.c.name == reference).order_by(RUNS.c.started_at.desc()).limit(1)
        ).first()
        if named is not None:
            return run_of_row(named)
        begun = connection.execute(
            select(RUNS).where(RUNS.c.run_id.startswith(reference, autoescape=True)).limit(2)
        ).all()
        names = connection.execute(select(RUNS.c.name).distinct()).scalars().all()
    if len(begun) > 1 and reference:
        raise UserError(
            f"RUN is {reference}: more than one run starts with it, such as "
            f"{begun[0].run_id} and {begun[1].run_id}; give more digits"
        )
    if begun and reference:
        return run_of_row(begun[0])
    near = get_close_matches(reference, names, n=1)
    next_step = f"did you mean {near[0]!r}?" if near else "`spanlake runs list` shows them"
    raise NotFoundError(f"RUN is {reference!r}: no run has this id or name; {next_step}")


def list_runs(
    catalog: Catalog, *, kind: RunKind | None = None, limit: int | None = None
) -> list[Run]:
    """The newest runs, newest first."""
    chosen = select(RUNS).order_by(RUNS.c.started_at.desc(), RUNS.c.run_id).limit(limit)
    if kind is not None:
        chosen = chosen.where(RUNS.c.kind == kind)
    with catalog.reading() as connection:
        return [run_of_row(row) for row in connection.execute(chosen)]


def delete_run(catalog: Catalog, run_id: str, *, actor: Principal | None = None) -> None:
    """Remove what the catalog says of a run; its results stay in the lake. NotFoundError.

    actor: for the audit log; None is whoever is on this machine.
    """
    run = get_run(catalog, run_id)
    with catalog.writing() as connection:
        gone = connection.execute(delete(RUNS).where(RUNS.c.run_id == run.run_id))
        if gone.rowcount:
            record(connection, deleted(actor, "run", run.name, {"run_id": run.run_id}))


def _scorers_text(scorers: tuple[RunScorer, ...]) -> str:
    return orjson.dumps(scorers).decode()


def run_of_row(row: Row[Any]) -> Run:
    """The run that a row of the table is."""
    values = dict(row._mapping)  # noqa: SLF001  # its public name in SQLAlchemy
    values |= {name: json_value(values[name]) for name in _JSON}
    values["scorers"] = tuple(RunScorer(**each) for each in json_value(values["scorers"]))
    return Run(**values)
