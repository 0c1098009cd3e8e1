CREATE OR REPLACE VIEW kept.$kind AS
SELECT trace_id, response_id
FROM read_parquet(getvariable('spanlake_kept_$kind'))
