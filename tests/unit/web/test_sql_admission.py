"""Which queries may run: what only reads the views, and nothing else."""

import pytest

from spanlake.storage.query import QueryError
from spanlake.storage.sandbox.admission import admit

VIEWS = ("spans", "traces", "llm_calls", "experiments")

ALLOWED = [
    "SELECT 1",
    "FROM traces",
    "SELECT * FROM main.traces",
    "VALUES (1), (2)",
    "DESCRIBE traces",
    "SUMMARIZE traces",
    "SELECT name, count(*) FROM traces GROUP BY ALL HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 5",
    "SELECT DISTINCT model FROM llm_calls UNION ALL SELECT name FROM traces LIMIT 50%",
    "WITH a AS MATERIALIZED (FROM traces) SELECT * FROM a JOIN spans USING (trace_id)",
    "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 9) FROM n",
    "SELECT list_transform([1, 2], lambda x: x + 1), {'a': 1}.a, [1, 2][1:1]",
    "SELECT sum(cost_usd) OVER (PARTITION BY name ORDER BY name ROWS 3 PRECEDING) FROM traces",
    "SELECT * FROM traces WHERE trace_id IN (SELECT trace_id FROM spans) AND name LIKE 'a%'",
    "SELECT attributes['a'], input_messages -> '$[0].role', start_time::DATE FROM spans",
    "SELECT CASE WHEN is_error THEN 1 ELSE 0 END, NOT is_error, a BETWEEN 'a' AND 'b' FROM spans",
    "SELECT unnest(models), generate_series FROM traces, generate_series(1, 3)",
    "SELECT * EXCLUDE name REPLACE (1 AS trace_id), COLUMNS('tokens') FROM traces",
    "SELECT * FROM traces QUALIFY row_number() OVER (ORDER BY start_time) = 1",
    "SELECT key, value FROM traces, json_each('{\"a\": 1}')",
    "FROM traces ORDER BY start_time DESC NULLS LAST LIMIT 10 OFFSET 5;  -- a comment",
    "SELECT name COLLATE NOCASE, INTERVAL 1 DAY, TIMESTAMPTZ '2026-01-01' FROM traces",
    "SELECT column_name FROM information_schema.columns",
    "FROM (SELECT 1 AS a) AS t SEMI JOIN (SELECT 1 AS a) AS u USING (a)",
    "SELECT quantile_cont(duration_ms, 0.95) FILTER (NOT is_error) FROM spans",
    "SELECT name FROM traces TABLESAMPLE 10 PERCENT",
]

REFUSED = [
    # Several statements, and none.
    "",
    " ; ",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW traces",
    "SELECT",
    # What changes something.
    "COPY (SELECT 1) TO '/tmp/out.csv'",
    "COPY traces TO '/tmp/out.parquet' (USE_TMP_FILE false)",
    "EXPORT DATABASE '/tmp/out'",
    "ATTACH '/tmp/new.db'",
    "ATTACH ':memory:' AS other",
    "DETACH memory",
    "CREATE TABLE t AS SELECT 1",
    "CREATE VIEW v AS SELECT 1",
    "CREATE MACRO m() AS 1",
    "CREATE SECRET s (TYPE s3)",
    "INSERT INTO traces VALUES (1)",
    "UPDATE traces SET name = 'x'",
    "DELETE FROM traces",
    "DROP VIEW traces",
    "ALTER VIEW traces RENAME TO t",
    "SET threads = 1",
    "SET VARIABLE x = 1",
    "RESET memory_limit",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "CHECKPOINT",
    "VACUUM",
    "LOAD json",
    "INSTALL httpfs",
    "USE memory",
    "BEGIN",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "EXPLAIN ANALYZE COPY traces TO '/tmp/out'",
    "EXPLAIN SELECT 1",
    "PIVOT traces ON name",
    "WITH a AS (DELETE FROM traces RETURNING *) SELECT * FROM a",
    "WITH a AS (INSERT INTO traces VALUES (1) RETURNING *) SELECT * FROM a",
    "WITH a AS (UPDATE traces SET name = 'x' RETURNING *) SELECT * FROM a",
    "FROM (WITH a AS (DELETE FROM traces RETURNING *) FROM a)",
    "SELECT (WITH a AS (DELETE FROM traces RETURNING *) SELECT count(*) FROM a)",
    # What reads something else.
    "FROM '/etc/passwd'",
    'FROM "/etc/passwd.csv"',
    "SELECT * FROM 'https://example.com/x.parquet'",
    "FROM read_csv('/etc/passwd')",
    "FROM read_text('/proc/self/environ')",
    "FROM read_blob('/etc/shadow')",
    "FROM read_json('/etc/hosts')",
    "FROM read_parquet('/tmp/*.parquet')",
    "FROM parquet_scan('x')",
    "FROM parquet_metadata('x')",
    "FROM sniff_csv('/etc/passwd')",
    "FROM glob('/etc/*')",
    "FROM sqlite_scan('catalog.sqlite', 'keys')",
    "FROM query('DROP VIEW traces')",
    "FROM query_table('traces')",
    "FROM duckdb_settings()",
    "FROM duckdb_secrets()",
    "FROM duckdb_views()",
    "FROM duckdb_logs()",
    "FROM pragma_database_list()",
    "FROM pg_catalog.pg_settings",
    "FROM lake.spans",
    "FROM sqlite_master",
    "FROM other.main.traces",
    "FROM repeat_row(1, num_rows = 10)",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "SHOW databases",
    "SELECT * FROM (SHOW TABLES)",
    "DESCRIBE SELECT * FROM read_csv('/etc/passwd')",
    "SUMMARIZE SELECT * FROM '/etc/passwd'",
    "SELECT current_setting('temp_directory')",
    "SELECT getenv('HOME')",
    "SELECT getvariable('lake_spans')",
    "SELECT write_log('x')",
    "SELECT lake.duration_ms(1, 2)",
    "SELECT nextval('s')",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT * FROM traces WHERE EXISTS (FROM read_text('/etc/passwd'))",
    "SELECT list_transform([1], lambda x: (SELECT count(*) FROM read_text('/etc/passwd')))",
    "WITH traces AS (FROM read_text('/etc/passwd')) FROM traces",
    "FROM traces ORDER BY (SELECT content FROM read_text('/etc/passwd'))",
    "FROM traces LIMIT (SELECT count(*) FROM glob('/*'))",
    "SELECT 1\0",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT '" + "x" * 300_000 + "'",
]


@pytest.mark.parametrize("query", ALLOWED)
def test_what_reads_the_views_is_admitted(query: str) -> None:
    """A query that reads the views in any way of DuckDB's dialect may run."""
    assert admit(query, VIEWS).sql.startswith(query.split(";", maxsplit=1)[0][:20])


@pytest.mark.parametrize("query", REFUSED, ids=lambda query: query[:40])
def test_anything_else_is_refused(query: str) -> None:
    """A query that changes something, or reads anything but the views, may not."""
    with pytest.raises(QueryError):
        admit(query, VIEWS)


def test_the_views_that_are_named_are_told() -> None:
    """What a query reads is known, and what it calls so itself is not among it."""
    query = "WITH mine AS (FROM spans) FROM mine JOIN llm_calls USING (span_id)"
    assert admit(query, VIEWS).views == {"spans", "llm_calls"}


def test_a_refusal_says_what_is_there_instead() -> None:
    """Of a view that is not there, the message names those that are."""
    with pytest.raises(QueryError, match="no view trace; the views are experiments, llm_calls"):
        admit("FROM trace", VIEWS)
