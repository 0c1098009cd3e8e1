INSERT INTO live.fresh
SELECT 'changed', trace_id, min(first_received), max(last_received)
FROM kept.extents
SEMI JOIN changed USING (trace_id)
GROUP BY trace_id
