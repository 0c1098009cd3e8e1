SELECT row.*
FROM read_parquet($files, union_by_name = true) AS row
ANTI JOIN kept.last_summed AS newer
    ON newer.trace_id = row.trace_id AND newer.generation > row.generation
ORDER BY row.start_time DESC
