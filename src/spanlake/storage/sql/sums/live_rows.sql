SELECT $columns
FROM read_parquet(
    getvariable('spanlake_live_${table}_files'), schema = $schema, utf8_validation = 'replace'
)
SEMI JOIN live.chosen USING (trace_id)
