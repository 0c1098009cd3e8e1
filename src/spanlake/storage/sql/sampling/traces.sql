-- What is asked of the settled traces, at hand.
CREATE OR REPLACE TEMP TABLE settled_traces AS
SELECT trace_id, session_ids, error_count, duration_ms, cost_usd
FROM traces
SEMI JOIN settled USING (trace_id)
