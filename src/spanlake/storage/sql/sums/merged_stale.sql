SELECT trace_id, max(generation) AS generation FROM read_parquet($files) GROUP BY trace_id
