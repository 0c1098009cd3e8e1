SELECT *, $generation::BIGINT AS generation FROM (FROM live.call_rows() ORDER BY start_time DESC)
