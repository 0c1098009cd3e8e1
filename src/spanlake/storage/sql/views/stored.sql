-- The rows of a table exactly as stored. The schema is given, so that no file is opened to plan a
-- query, and a column that an older file lacks is NULL.
CREATE OR REPLACE VIEW lake.$view AS
SELECT $columns
FROM read_parquet(getvariable('$files'), schema = $schema, utf8_validation = 'replace')
WHERE $condition;
