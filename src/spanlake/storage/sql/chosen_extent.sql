-- From when to when rows of the chosen traces came.
SELECT min(first_received), max(last_received)
FROM (
    SELECT trace_id, first_received, last_received FROM kept.extents
    UNION ALL
    SELECT trace_id, first_received, last_received FROM live.fresh
)
SEMI JOIN live.chosen USING (trace_id)
