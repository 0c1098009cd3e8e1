SELECT trace_id, $generation::BIGINT AS generation
FROM (SELECT DISTINCT trace_id FROM live.chosen SEMI JOIN live.summed_before USING (trace_id))
