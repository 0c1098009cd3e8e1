"""What is stored of a run, as it is read again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import duckdb
import pyarrow.compute as pc

from spanlake.storage.lake import Lake
from spanlake.storage.sql_text import sql_text

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A row of a run and what the app answered. JSON is text."""

    position: int
    record_id: str
    repetition: int
    inputs: str | None
    outputs: str | None
    expectations: str | None
    tags: str | None
    split: str | None
    trace_id: str | None
    session_id: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class StoredRow(AnsweredRow):
    """The same with why it failed, for a run that goes on with what it had."""

    error_code: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """What a run has done.

    whole: the records of which nothing is left to do. The others by (record_id, repetition): rows,
    those with an answer or whose app failed; verdicts, the digests of the scorers that have judged;
    what a model did not answer is not judged.
    """

    whole: frozenset[str] = frozenset()
    rows: frozenset[tuple[str, int]] = frozenset()
    verdicts: Mapping[tuple[str, int], frozenset[str]] = field(default_factory=dict)


_COLUMNS = ", ".join(StoredRow.__dataclass_fields__)
_PAGE = 4096
_RESULTS_A_PAGE = 50_000


def iter_rows(lake: Lake, run_id: str) -> Iterator[StoredRow]:
    """The rows of a run in their order, of its first repetition."""
    which = "run_id = $run_id AND kind = 'row' AND repetition = 0"
    ((last,),) = lake.rows(
        f"SELECT max(position) FROM lake.run_results WHERE {which}",  # noqa: S608  # constants
        {"run_id": run_id},
    )
    # A page at a time, for no query over all of a run would give the first row before it has sorted
    # the last. What is left out of a page beside the columns is what a killed run wrote twice.
    for first in range(0, 0 if last is None else last + 1, _PAGE):
        found = lake.rows(
            f"SELECT {_COLUMNS} FROM lake.run_results"  # noqa: S608  # constants
            f" WHERE {which} AND position >= $first AND position < $first + $page"
            " QUALIFY 1 = row_number() OVER (PARTITION BY record_id ORDER BY received_at)"
            " ORDER BY position, record_id",
            {"run_id": run_id, "first": first, "page": _PAGE},
        )
        for row in found:
            yield StoredRow(*row)


class RecordPage(NamedTuple):
    """Records from one id on, up to another or to the last. As parameters of IN_PAGE."""

    first_record: str
    next_record: str | None


IN_PAGE: Final = "record_id >= $first_record AND ($next_record IS NULL OR record_id < $next_record)"


def record_pages(lake: Lake, run_id: str, results: int) -> list[RecordPage]:
    """Pages of a run's records, so that no query holds all of its results. results: about."""
    count = -(-results // _RESULTS_A_PAGE)
    if count <= 1:
        return [RecordPage("", None)]
    ((between,),) = lake.rows(
        "SELECT quantile_disc(record_id, $shares) FROM lake.run_results"
        " WHERE run_id = $run_id AND kind = 'row'",
        {"run_id": run_id, "shares": [number / count for number in range(1, count)]},
    )
    starts = ["", *sorted(set(between or ()))]
    return [RecordPage(*each) for each in zip(starts, [*starts[1:], None], strict=True)]


def rows_by_key(lake: Lake, run_id: str, record_ids: list[str]) -> dict[tuple[str, int], StoredRow]:
    """Those rows of a run, in all repetitions."""
    found = lake.rows(
        f"SELECT {_COLUMNS} FROM run_results"  # noqa: S608  # constants
        " WHERE run_id = $run_id AND kind = 'row' AND list_contains($ids, record_id)",
        {"run_id": run_id, "ids": record_ids},
    )
    rows = (StoredRow(*row) for row in found)
    return {(row.record_id, row.repetition): row for row in rows}


def what_is_done(lake: Lake, run_id: str, scorers: Collection[str], repetitions: int) -> Done:
    """What of a run is in the lake. scorers: the digests of those that judge each repetition."""
    found = lake.sql(
        sql_text("runs/done"),
        {"run_id": run_id, "scorers": list(scorers), "repetitions": repetitions},
    ).to_arrow_table()
    complete = found.filter(found["is_complete"])["record_id"].value_counts()
    values, counts = complete.flatten()
    whole = values.filter(pc.equal(counts, repetitions))
    parts = found.filter(pc.invert(pc.is_in(found["record_id"], whole))).to_pylist()
    keys = [(part["record_id"], part["repetition"]) for part in parts]
    return Done(
        frozenset(whole.to_pylist()),
        frozenset(key for key, part in zip(keys, parts, strict=True) if part["is_row"]),
        {key: frozenset(part["digests"]) for key, part in zip(keys, parts, strict=True)},
    )


def traced_rows(lake: Lake, run_id: str, scorer_digest: str) -> "pl.DataFrame":
    """The rows of a run that have a trace, and no verdict of this scorer.

    In the columns trace_id, record_id, repetition, position, session_id, split and experiment.
    """
    found: pl.DataFrame = lake.sql(
        """
        SELECT trace_id, record_id, repetition, position, session_id, split, experiment
        FROM (FROM run_results WHERE run_id = $run_id AND kind = 'row' AND trace_id IS NOT NULL)
        ANTI JOIN (
            FROM run_results
            WHERE run_id = $run_id AND kind = 'verdict' AND scorer_digest = $digest
        ) USING (record_id, repetition)
        """,
        {"run_id": run_id, "digest": scorer_digest},
    ).pl()
    return found


class ScorerSums(NamedTuple):
    """What a scorer said in a run.

    errors: those of its verdicts that failed; unanswered: those of the errors that say nothing of
    the target. mean: of numbers and truth values, None if there are none.
    """

    scorer: str
    verdicts: int
    errors: int
    unanswered: int
    cost_usd: float | None
    mean: float | None


def scoring_sums(lake: Lake, run_id: str) -> list[ScorerSums]:
    """What each scorer said in a run that scored what is stored, by name.

    Such a run writes each of its verdicts once: what it did not come to is another's.
    """
    rows = lake.rows(
        "SELECT scorer_name, count(*), count(error_code),"
        " count(*) FILTER (lake.is_unanswered(error_code)), sum(judge_cost_usd),"
        " avg(coalesce(value_double, value_bool::DOUBLE)) FROM lake.run_results"
        " WHERE run_id = $run_id AND kind = 'verdict' GROUP BY scorer_name ORDER BY 1",
        {"run_id": run_id},
    )
    return [ScorerSums(*row) for row in rows]


def run_verdicts(lake: Lake, run_id: str, slices: Sequence[str] = ()) -> "pl.DataFrame":
    """The verdicts of a run in the columns of the view, with `scorer` for the name of each.

    slices: tags of records, or 'split'; each is a column. UserError for one that no record has.
    """
    found: pl.DataFrame = lake.sql(
        "SELECT * EXCLUDE (name, value, inputs, outputs, expectations, tags),"
        " name AS scorer, value::VARCHAR AS value"
        " FROM run_results WHERE run_id = $run_id AND kind = 'verdict'",
        {"run_id": run_id},
    ).pl()
    for name in (each for each in slices if each != "split"):
        tags = lake.sql(
            "SELECT DISTINCT record_id, json_extract_string(tags, $path) AS value FROM run_results"
            " WHERE run_id = $run_id AND kind = 'row' AND json_extract_string(tags, $path) NOTNULL",
            {"run_id": run_id, "path": f'$."{name}"'},
        ).pl()
        found = found.join(tags.rename({"value": name}), on="record_id", how="left")
    return found


def result_rows(lake: Lake, run_id: str) -> duckdb.DuckDBPyRelation:
    """The rows of a run, with a list of the verdicts on each."""
    return lake.sql(
        """
        SELECT
            row.record_id, row.repetition, row.position, row.inputs, row.outputs, row.expectations,
            row.tags, row.split, row.trace_id, row.session_id, row.latency_ms, row.error_message,
            verdict.verdicts
        FROM (FROM run_results WHERE run_id = $run_id AND kind = 'row') AS row
        LEFT JOIN (
            SELECT
                record_id,
                repetition,
                list(
                    struct_pack(
                        name, value, rationale, passed, error_code, error_message, trace_id
                    )
                    ORDER BY name, created_at
                ) AS verdicts
            FROM run_results
            WHERE run_id = $run_id AND kind = 'verdict'
            GROUP BY record_id, repetition
        ) AS verdict USING (record_id, repetition)
        ORDER BY row.position, row.repetition
        """,
        {"run_id": run_id},
    )


def verdicts_of_runs(lake: Lake, run_ids: Sequence[str]) -> dict[str, "pl.DataFrame"]:
    """What of the verdicts of some runs their statistics need, by the id of the run."""
    found: pl.DataFrame = lake.sql(
        "SELECT run_id, record_id, session_id, repetition, name AS scorer, value_bool,"
        " value_double, value_string, passed, error_code"
        " FROM run_results WHERE kind = 'verdict' AND list_contains($ids, run_id)",
        {"ids": list(run_ids)},
    ).pl()
    return {str(key[0]): rows for key, rows in found.partition_by("run_id", as_dict=True).items()}
