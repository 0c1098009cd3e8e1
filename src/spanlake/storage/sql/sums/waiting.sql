-- The traces to be summed up, those first whose rows came first.
CREATE OR REPLACE TEMP TABLE done (trace_id VARCHAR);
CREATE OR REPLACE TEMP TABLE waiting AS
SELECT trace_id, row_number() OVER (ORDER BY first_received, trace_id) - 1 AS place
FROM (SELECT trace_id, min(first_received) AS first_received FROM live.fresh GROUP BY trace_id);
SELECT count(*) FROM waiting
