SELECT *, $generation::BIGINT AS generation FROM (FROM live.some_calls ORDER BY start_time DESC)
