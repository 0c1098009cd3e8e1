-- What models cost by day
SELECT date_trunc('day', start_time) AS day, model, sum(cost_usd) AS cost_usd
FROM llm_calls
GROUP BY ALL
ORDER BY day;

-- Errors by type
SELECT error_type, count(*) AS spans
FROM spans
WHERE is_error
GROUP BY ALL
ORDER BY spans DESC;

-- The slowest tools
SELECT tool_name, count(*) AS calls, quantile_cont(duration_ms, 0.95) AS p95_ms
FROM spans
WHERE span_type = 'TOOL'
GROUP BY ALL
ORDER BY p95_ms DESC;

-- Long conversations
SELECT session_id, trace_count, total_tokens, cost_usd
FROM sessions
ORDER BY trace_count DESC
LIMIT 50;
