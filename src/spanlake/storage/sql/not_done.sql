SELECT trace_id
FROM live.fresh
ANTI JOIN done USING (trace_id)
GROUP BY trace_id
ORDER BY min(first_received), trace_id
LIMIT $limit
