-- Kept rows, none of which is superseded.
CREATE OR REPLACE VIEW kept.$kind AS
SELECT * EXCLUDE (generation)
FROM read_parquet(getvariable('spanlake_kept_$kind'), union_by_name = true)
