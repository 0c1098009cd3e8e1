CREATE OR REPLACE VIEW kept.$kind AS
SELECT trace_id, first_received, last_received
FROM read_parquet(getvariable('spanlake_kept_$kind'));
CREATE OR REPLACE VIEW live.summed_before AS SELECT trace_id FROM kept.$kind
