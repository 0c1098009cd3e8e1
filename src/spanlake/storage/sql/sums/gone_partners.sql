SELECT 1
FROM (FROM read_parquet($files) ANTI JOIN gone USING (trace_id))
SEMI JOIN (FROM read_parquet($files) SEMI JOIN gone USING (trace_id)) USING (response_id)
LIMIT 1
