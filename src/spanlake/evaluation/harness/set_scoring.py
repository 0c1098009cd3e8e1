"""A set-based scorer on all targets that lack its verdict: one query, and joins of columns."""

from datetime import UTC, datetime

import polars as pl
import pyarrow as pa

from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors
from spanlake.storage.runs.ledger import LedgerScorer, Sought, lacking_table
from spanlake.storage.schema import RUN_RESULTS

_VERDICTS = {"yes": True, "no": False}


def is_of_sessions(lake: Lake, scorer: SqlScorer) -> bool:
    """Whether its targets are sessions. QueryError for a query that fails."""
    with query_errors(lake, scorer.query, flag=f"the query of the scorer {scorer.name}"):
        return "session_id" in lake.sql(scorer.query).columns


def score_set(
    lake: Lake, scorer: SqlScorer, known: LedgerScorer, sought: Sought, run_id: str
) -> pa.Table:
    """The verdicts that the ledger lacks, as rows of `run_results`."""
    targets = lacking_table(lake, known, sought)
    scores = scorer(lake)
    key = "session_id" if scores.target == "session" else "trace_id"
    found: pl.DataFrame = pl.DataFrame(scores.table).join(
        targets, left_on=key, right_on="target_id", how="inner"
    )
    number, text, flag = (pl.col(f"value_{kind}") for kind in ("double", "string", "bool"))
    error = pl.col("error_message")
    now = datetime.now(UTC)
    of_span = pl.col("span_id") if scores.target == "span" else pl.lit("")
    rows = found.with_columns(
        pl.lit(run_id).alias("run_id"),
        pl.lit("verdict").alias("kind"),
        pl.col(key).alias("record_id"),
        pl.lit(0, pl.Int64).alias("position"),
        pl.lit(0, pl.Int64).alias("repetition"),
        pl.lit(scores.target).alias("target_type"),
        (pl.col("assessment_id") + of_span).alias("assessment_id"),
        pl.lit(known.name).alias("name"),
        pl.lit(known.name).alias("scorer_name"),
        pl.lit(known.digest).alias("scorer_digest"),
        pl.coalesce(number.cast(pl.String), flag.cast(pl.String), _json_texts(text)).alias("value"),
        pl.coalesce(flag, text.str.to_lowercase().replace_strict(_VERDICTS, default=None)).alias(
            "passed"
        ),
        pl.lit("CODE").alias("source_type"),
        pl.lit(known.name).alias("source_id"),
        pl.when(error.is_not_null()).then(pl.lit("SCORER_ERROR")).alias("error_code"),
        pl.lit(now).alias("created_at"),
        pl.lit(now).alias("received_at"),
    ).to_arrow()
    columns = [
        rows[each.name].cast(each.type)
        if each.name in rows.column_names
        else pa.nulls(len(rows), each.type)
        for each in RUN_RESULTS
    ]
    return pa.Table.from_arrays(columns, schema=RUN_RESULTS)


def _json_texts(text: pl.Expr) -> pl.Expr:
    """Texts as JSON has them."""
    escaped = text.str.replace_all("\\", "\\\\", literal=True).str.replace_all(
        '"', '\\"', literal=True
    )
    for code in range(0x20):
        escaped = escaped.str.replace_all(chr(code), f"\\u{code:04x}", literal=True)
    return pl.lit('"') + escaped + pl.lit('"')
