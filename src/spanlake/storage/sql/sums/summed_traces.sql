SELECT *, $generation::BIGINT AS generation FROM (FROM live.some_traces ORDER BY start_time DESC)
