-- Kept rows. A trace that was summed up anew counts as it was said last; what has changed since
-- is summed up beside it.
CREATE OR REPLACE VIEW kept.$kind AS
SELECT row.* EXCLUDE (generation)
FROM read_parquet(getvariable('spanlake_kept_$kind'), union_by_name = true) AS row
ANTI JOIN kept.superseded AS newer
    ON newer.trace_id = row.trace_id AND newer.generation > row.generation
