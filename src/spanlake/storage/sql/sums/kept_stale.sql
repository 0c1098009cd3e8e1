-- The generation from which on what is kept of a trace counts.
CREATE OR REPLACE VIEW kept.last_summed AS
SELECT trace_id, generation FROM read_parquet(getvariable('spanlake_kept_$kind'));
CREATE OR REPLACE VIEW kept.superseded AS
FROM kept.last_summed
UNION ALL
SELECT trace_id, 9223372036854775807 AS generation FROM live.summed
