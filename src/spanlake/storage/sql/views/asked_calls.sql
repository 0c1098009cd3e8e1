CREATE SCHEMA IF NOT EXISTS asked;
-- The calls that a query asks for.
CREATE OR REPLACE TABLE asked.calls AS FROM lake.calls LIMIT 0
;
-- The spans whose texts these may tell.
CREATE OR REPLACE VIEW asked.spans AS
SELECT trace_id, span_id FROM asked.calls
UNION ALL
SELECT trace_id, wrapper_id FROM asked.calls WHERE wrapper_id IS NOT NULL
