INSERT INTO live.fresh
SELECT filename, trace_id, min(received_at), max(received_at)
FROM read_parquet($files, filename = true, union_by_name = true)
WHERE trace_id IS NOT NULL
GROUP BY ALL
