"""A set-based scorer on all of its targets: one query, and joins of columns."""

from datetime import UTC, datetime

import pyarrow as pa

from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors
from spanlake.storage.runs.ledger import LedgerScorer, Sought, lacking_table
from spanlake.storage.runs.reading import traced_rows
from spanlake.storage.runs.results import verdict_id
from spanlake.storage.runs.sql_scores import SqlScores
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
    of_span = pl.col("span_id") if scores.target == "span" else pl.lit("")
    found = pl.DataFrame(scores.table).join(targets, left_on=key, right_on="target_id", how="inner")
    return _results(
        found.with_columns(
            pl.col(key).alias("record_id"),
            pl.lit(0, pl.Int64).alias("position"),
            pl.lit(0, pl.Int64).alias("repetition"),
            (pl.col("assessment_id") + of_span).alias("assessment_id"),
        ),
        scorer,
        scores,
        run_id,
    )


def score_run(lake: Lake, scorer: SqlScorer, run_id: str) -> pa.Table:
    """The verdicts that a run lacks on the traces of its rows, as rows of `run_results`."""
    rows = traced_rows(lake, run_id, scorer.digest)
    scores = scorer(lake, only=rows["trace_id"].unique().to_list())
    found = pl.DataFrame(scores.table).drop("session_id").join(rows, on="trace_id", how="inner")
    # A row has several verdicts where they are of its spans.
    of_row = ("record_id", "repetition")
    found = found.sort(*of_row, "span_id").with_columns(
        pl.int_range(pl.len()).over(of_row).alias("number")
    )
    ids = [
        verdict_id(run_id, record_id, repetition, scorer.digest, number)
        for record_id, repetition, number in found.select(*of_row, "number").iter_rows()
    ]
    made = found.with_columns(pl.Series("assessment_id", ids, pl.String))
    return _results(made, scorer, scores, run_id)


def _results(found: "pl.DataFrame", scorer: SqlScorer, scores: SqlScores, run_id: str) -> pa.Table:
    """Scores as rows of `run_results`; what is known of their targets is in `found`, too."""
    now = datetime.now(UTC)
    for_all = {
        "run_id": run_id,
        "kind": "verdict",
        "target_type": scores.target,
        "name": scorer.name,
        "scorer_name": scorer.name,
        "scorer_digest": scorer.digest,
        "source_type": "CODE",
        "source_id": scorer.name,
        "created_at": now,
        "received_at": now,
    }
    failed = pl.col("error_message").is_not_null()
    rows = found.with_columns(
        _value(found).alias("value"),
        _passed(found, scorer).alias("passed"),
        pl.when(failed).then(pl.lit("SCORER_ERROR")).alias("error_code"),
    ).to_arrow()
    columns = [
        rows[each.name].cast(each.type)
        if each.name in rows.column_names
        else pa.repeat(pa.scalar(for_all.get(each.name), each.type), len(rows))
        for each in RUN_RESULTS
    ]
    return pa.Table.from_arrays(columns, schema=RUN_RESULTS)


def _passed(found: "pl.DataFrame", scorer: SqlScorer) -> "pl.Series":
    """Whether each passes: as `pass_if` says, or by itself."""
    number, text, flag = (found[f"value_{kind}"] for kind in ("double", "string", "bool"))
    if scorer.pass_if is None:
        words = text.str.to_lowercase().replace_strict(
            _VERDICTS, default=None, return_dtype=pl.Boolean
        )
        return flag.zip_with(flag.is_not_null(), words)
    values = zip(number, text, flag, strict=True)
    said = [next((each for each in some if each is not None), None) for some in values]
    return pl.Series([scorer.passes(value) for value in said], dtype=pl.Boolean)


def _value(found: "pl.DataFrame") -> "pl.Expr":
    """Each value as JSON; of one query they are all of one type."""
    for kind in ("double", "bool"):
        if found[f"value_{kind}"].count():
            return pl.col(f"value_{kind}").cast(pl.String)
    return _json_texts(pl.col("value_string"))


def _json_texts(text: "pl.Expr") -> "pl.Expr":
    """Texts as JSON has them."""
    escaped = text.str.replace_all("\\", "\\\\", literal=True).str.replace_all(
        '"', '\\"', literal=True
    )
    for code in range(0x20):
        escaped = escaped.str.replace_all(chr(code), f"\\u{code:04x}", literal=True)
    return pl.lit('"') + escaped + pl.lit('"')
