SELECT
    trace_id,
    min(first_received) AS first_received,
    max(last_received) AS last_received,
    max(generation) AS generation
FROM read_parquet($files)
GROUP BY trace_id
