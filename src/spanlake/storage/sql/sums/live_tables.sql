-- The traces that are being summed up, and those that have been for queries to come.
CREATE OR REPLACE TABLE live.chosen (trace_id VARCHAR);
CREATE OR REPLACE TABLE live.summed (trace_id VARCHAR);
-- By file that no summary has: the traces that it has rows of, and when these came.
CREATE OR REPLACE TABLE live.fresh (
    file VARCHAR, trace_id VARCHAR, first_received TIMESTAMPTZ, last_received TIMESTAMPTZ
);
CREATE OR REPLACE TABLE live.fresh_responses (file VARCHAR, trace_id VARCHAR, response_id VARCHAR)
;
-- The traces that have been summed up before.
CREATE OR REPLACE VIEW live.summed_before AS SELECT NULL::VARCHAR AS trace_id WHERE false;
-- Nothing is kept as yet.
CREATE OR REPLACE VIEW kept.responses AS
SELECT NULL::VARCHAR AS trace_id, NULL::VARCHAR AS response_id WHERE false;
CREATE OR REPLACE VIEW kept.extents AS
SELECT
    NULL::VARCHAR AS trace_id,
    NULL::TIMESTAMPTZ AS first_received,
    NULL::TIMESTAMPTZ AS last_received
WHERE false
