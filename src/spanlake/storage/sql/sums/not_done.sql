-- Some of the traces to be summed up, but for those that were partners of earlier ones.
SELECT trace_id
FROM waiting
ANTI JOIN done USING (trace_id)
WHERE place >= $first AND place < $end
