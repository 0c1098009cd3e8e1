-- From when to when rows of the chosen traces came, and whether anything is kept of them.
SELECT min(first_received), max(last_received), bool_or(is_kept)
FROM (
    SELECT trace_id, first_received, last_received, true AS is_kept FROM kept.extents
    UNION ALL
    SELECT trace_id, first_received, last_received, false AS is_kept FROM live.fresh
)
SEMI JOIN live.chosen USING (trace_id)
