-- From when to when rows came of the traces that a query asks for.
SELECT min(first_received), max(last_received)
FROM (
    SELECT trace_id, first_received, last_received FROM kept.extents
    UNION ALL
    SELECT trace_id, first_received, last_received FROM live.fresh
)
WHERE $condition
