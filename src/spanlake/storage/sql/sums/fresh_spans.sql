INSERT INTO live.fresh
SELECT filename, trace_id, min(received_at), max(received_at)
FROM read_parquet($files, filename = true, union_by_name = true)
GROUP BY ALL;
INSERT INTO live.fresh_responses
SELECT DISTINCT filename, trace_id, response_id
FROM read_parquet($files, filename = true, union_by_name = true)
WHERE response_id != ''
