-- The partners of the chosen traces: those that tell of the same responses.
INSERT INTO live.chosen
WITH told AS (
    SELECT trace_id, response_id FROM kept.responses
    UNION ALL
    SELECT trace_id, response_id FROM live.fresh_responses
)
SELECT DISTINCT trace_id
FROM told
SEMI JOIN (SELECT response_id FROM told SEMI JOIN live.chosen USING (trace_id)) USING (response_id)
ANTI JOIN live.chosen USING (trace_id)
