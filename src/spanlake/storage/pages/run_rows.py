"""The rows of a run as a page shows them: what was asked, answered and expected, and each verdict.

A scoring run has no rows of its own: its targets are stored traces, and what these say stands in.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from spanlake.errors import NotFoundError
from spanlake.storage.condition import Condition, all_of
from spanlake.storage.lake import Lake
from spanlake.storage.runs.reading import AnsweredRow

Outcome = Literal["fail", "pass", "error", "none"]
RowOrder = Literal["failures", "position", "latency", "score"]

_OUTCOMES: dict[Outcome, str] = {
    "fail": "passed = false AND error_code IS NULL",
    "pass": "passed AND error_code IS NULL",
    "error": "error_code IS NOT NULL",
    "none": "passed IS NULL AND error_code IS NULL",
}
_ORDERS: dict[RowOrder, str] = {
    "failures": "is_failed DESC, failed DESC, position",
    "position": "position",
    "latency": "latency_ms DESC NULLS LAST, position",
    "score": "score NULLS LAST, position",
}


@dataclass(frozen=True, slots=True)
class RunRowFilter:
    """Which rows: those that are all of this.

    outcomes: what became of scorers on them. failed_only: the app or any scorer failed. text: a
    part of what was asked or answered. order_by: the scorer for the order "score", lowest first.
    """

    outcomes: tuple[tuple[str, Outcome], ...] = ()
    failed_only: bool = False
    text: str = ""
    order: RowOrder = "failures"
    order_by: str | None = None


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """A verdict on a row. value: as people read it. passed: None where it is neither."""

    name: str
    value: str
    number: float | None
    passed: bool | None
    rationale: str | None
    error_message: str | None
    source_type: str | None
    source_id: str | None
    judge_model: str | None
    judge_cost_usd: float | None
    trace_id: str | None
    span_id: str | None


@dataclass(frozen=True, slots=True)
class TraceUsage:
    """What the trace of a row took. input, output: its texts, cut."""

    cost_usd: float | None
    unpriced_call_count: int
    llm_call_count: int
    input_tokens: int | None
    output_tokens: int | None
    duration_ms: float | None
    input: str | None
    output: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow(AnsweredRow):
    """A row, in one of its repetitions. usage: None where there is no trace of it."""

    latency_ms: float | None
    verdicts: tuple[RunVerdict, ...] = ()
    usage: TraceUsage | None = None

    @property
    def judge_cost_usd(self) -> float | None:
        """What judging it cost; None where no price is known."""
        costs = [each.judge_cost_usd for each in self.verdicts if each.judge_cost_usd is not None]
        return sum(costs) if costs else None

    def of(self, scorer: str) -> list[RunVerdict]:
        """The verdicts under one name."""
        return [each for each in self.verdicts if each.name == scorer]


@dataclass(frozen=True, slots=True)
class RunRowPage:
    """Rows from a place on. total: of all that were asked for."""

    rows: tuple[RunRow, ...]
    total: int


_VALUE = "coalesce(value_string, value_bool::VARCHAR, value_double::VARCHAR, value::VARCHAR, '')"
_NUMBER = "coalesce(value_double, value_bool::INTEGER::DOUBLE)"
_VERDICT_COLUMNS = ", ".join(
    {"value": f"{_VALUE} AS value", "number": f"{_NUMBER} AS number"}.get(each.name, each.name)
    for each in fields(RunVerdict)
)
_ROW_COLUMNS = tuple(each.name for each in fields(RunRow) if each.name not in ("verdicts", "usage"))
_KEYS = """
SELECT record_id, repetition, count(*) OVER () AS total
FROM (
    SELECT
        record_id,
        repetition,
        min(position) AS position,
        max(latency_ms) AS latency_ms,
        count(*) FILTER (kind = 'verdict' AND (passed = false OR error_code IS NOT NULL)) AS failed,
        bool_or(error_code IS NOT NULL OR coalesce(passed = false, false)) AS is_failed,
        min({number}) FILTER (kind = 'verdict' AND name = $scorer) AS score
        {outcomes}
        {said}
    FROM run_results
    WHERE run_id = $run_id
    GROUP BY record_id, repetition
)
WHERE {condition}
ORDER BY {order}, record_id, repetition
LIMIT $limit OFFSET $offset
"""
_SAID = """,
        string_agg(concat_ws(' ', inputs::VARCHAR, outputs::VARCHAR), ' ') AS said,
        any_value(trace_id) AS trace_id
"""
_SAYS = """(
    contains(lower(said), $text)
    OR trace_id IN (
        SELECT trace_id
        FROM traces
        WHERE trace_id IN (SELECT trace_id FROM run_results WHERE run_id = $run_id)
            AND contains(lower(concat_ws(' ', input, output)), $text)
    )
)"""


def read_run_rows(
    lake: Lake, run_id: str, wanted: RunRowFilter, *, offset: int, limit: int
) -> RunRowPage:
    """A page of the rows of a run."""
    conditions, columns = [], []
    params: dict[str, object] = {"scorer": wanted.order_by or ""}
    for number, (scorer, outcome) in enumerate(wanted.outcomes):
        name = f"outcome_{number}"
        columns.append(f", bool_or(name = $of_{number} AND {_OUTCOMES[outcome]}) AS {name}")
        params[f"of_{number}"] = scorer
        conditions.append(Condition(f"coalesce({name}, false)"))
    if wanted.failed_only:
        conditions.append(Condition("is_failed"))
    said = ""
    if text := wanted.text.strip().lower():
        said = _SAID
        conditions.append(Condition(_SAYS, {"text": text, "run_id": run_id}))
    condition = all_of(conditions)
    query = _KEYS.format(
        number=_NUMBER,
        outcomes="".join(columns),
        said=said,
        condition=condition.sql,
        order=_ORDERS[wanted.order],
    )
    rows = lake.rows(
        query,
        {**params, **condition.params, "run_id": run_id, "limit": limit, "offset": offset},
    )
    keys = [(record_id, repetition) for record_id, repetition, _ in rows]
    found = read_rows_of(lake, run_id, {record_id for record_id, _ in keys})
    return RunRowPage(tuple(found[key] for key in keys if key in found), rows[0][-1] if rows else 0)


def read_run_row(lake: Lake, run_id: str, record_id: str, repetition: int) -> RunRow:
    """One row. NotFoundError if the run has none of it."""
    found = read_rows_of(lake, run_id, {record_id}).get((record_id, repetition))
    if found is None:
        raise NotFoundError(
            f"the row is {record_id}, repetition {repetition}: the run has none; "
            f"`spanlake runs show {run_id[:12]}` says how to see its rows"
        )
    return found


def read_rows_of(
    lake: Lake, run_id: str, record_ids: Collection[str]
) -> dict[tuple[str, int], RunRow]:
    """The rows of some records with their verdicts, by (record_id, repetition)."""
    if not record_ids:
        return {}
    asked = {"run_id": run_id, "ids": list(record_ids)}
    verdicts: dict[tuple[str, int], list[RunVerdict]] = {}
    targets: dict[tuple[str, int], tuple[Any, ...]] = {}
    for record_id, repetition, position, split, session_id, *rest in lake.rows(
        f"SELECT record_id, repetition, position, split, session_id, {_VERDICT_COLUMNS}"  # noqa: S608  # names of ours
        " FROM run_results WHERE run_id = $run_id AND kind = 'verdict'"
        " AND list_contains($ids, record_id) ORDER BY name, created_at, assessment_id",
        asked,
    ):
        verdict = RunVerdict(*rest)
        verdicts.setdefault((record_id, repetition), []).append(verdict)
        targets[record_id, repetition] = (position, split, verdict.trace_id, session_id)
    rows = {
        (row[1], row[2]): dict(zip(_ROW_COLUMNS, row, strict=True))
        for row in lake.rows(
            f"SELECT {', '.join(_ROW_COLUMNS)} FROM run_results"  # noqa: S608  # names of ours
            " WHERE run_id = $run_id AND kind = 'row' AND list_contains($ids, record_id)",
            asked,
        )
    }
    for key, (position, split, trace_id, session_id) in targets.items():
        if key not in rows:
            target = dict.fromkeys(_ROW_COLUMNS)
            target |= {"position": position, "record_id": key[0], "repetition": key[1]}
            rows[key] = target | {"split": split, "trace_id": trace_id, "session_id": session_id}
    usages = _usages(lake, [row["trace_id"] for row in rows.values() if row["trace_id"]])
    return {
        key: RunRow(**row, verdicts=tuple(verdicts.get(key, ())), usage=usages.get(row["trace_id"]))
        for key, row in rows.items()
    }


_SHOWN_TEXT = 20_000


def _usages(lake: Lake, trace_ids: Sequence[str]) -> dict[str, TraceUsage]:
    if not trace_ids:
        return {}
    columns = ", ".join(
        f"left({each.name}, {_SHOWN_TEXT})" if each.name in ("input", "output") else each.name
        for each in fields(TraceUsage)
    )
    found = lake.rows(
        f"SELECT trace_id, {columns} FROM traces WHERE list_contains($ids, trace_id)",  # noqa: S608  # names of ours
        {"ids": list(trace_ids)},
    )
    return {trace_id: TraceUsage(*rest) for trace_id, *rest in found}


@dataclass(frozen=True, slots=True)
class RunUsage:
    """What the app of a run took, by its rows and their traces."""

    p50_ms: float | None
    p95_ms: float | None
    cost_usd: float | None
    unpriced_call_count: int | None
    llm_call_count: int | None
    input_tokens: int | None
    output_tokens: int | None


def read_run_usage(lake: Lake, run_id: str) -> RunUsage:
    """Latency over the rows of a run; cost and tokens over their traces."""
    asked = {"run_id": run_id}
    ((p50, p95),) = lake.rows(
        "SELECT quantile_cont(latency_ms, 0.5), quantile_cont(latency_ms, 0.95) FROM run_results"
        " WHERE run_id = $run_id AND kind = 'row'",
        asked,
    )
    (sums,) = lake.rows(
        "SELECT sum(cost_usd), sum(unpriced_call_count)::BIGINT, sum(llm_call_count)::BIGINT,"
        " sum(input_tokens)::BIGINT, sum(output_tokens)::BIGINT FROM traces"
        " WHERE trace_id IN (SELECT trace_id FROM run_results WHERE run_id = $run_id"
        " AND kind = 'row')",
        asked,
    )
    return RunUsage(p50, p95, *sums)


_MOST_VALUES = 12


def slice_names(lake: Lake, run_id: str) -> tuple[str, ...]:
    """The tags of a run's records, and split, that have some values, but not one for each."""
    rows = lake.rows(
        """
        SELECT name
        FROM (
            SELECT unnest(json_keys(tags)) AS name, record_id, tags, NULL AS split
            FROM run_results
            WHERE run_id = $run_id AND kind = 'row' AND json_type(tags) = 'OBJECT'
            UNION ALL
            SELECT 'split', record_id, NULL, split
            FROM run_results
            WHERE run_id = $run_id AND kind = 'row' AND split IS NOT NULL
        )
        GROUP BY name
        HAVING count(DISTINCT coalesce(split, tags ->> ('$."' || name || '"')))
            BETWEEN 2 AND $most
        ORDER BY name
        """,
        {"run_id": run_id, "most": _MOST_VALUES},
    )
    # A name with a quote in it is in no path of JSON.
    return tuple(name for (name,) in rows if '"' not in name)
