SELECT trace_id, response_id, max(generation) AS generation
FROM read_parquet($files)
GROUP BY trace_id, response_id
