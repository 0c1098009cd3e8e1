SELECT *, $generation::BIGINT AS generation FROM (FROM live.trace_rows() ORDER BY start_time DESC)
