CREATE OR REPLACE VIEW sessions AS
SELECT
    session_id,
    min(start_time) AS first_time,
    max(end_time) AS last_time,
    count(*) AS trace_count,
    lake.most_frequent(list(user_id)) AS user_id,
    try_cast(sum(input_tokens) AS BIGINT) AS input_tokens,
    try_cast(sum(output_tokens) AS BIGINT) AS output_tokens,
    try_cast(sum(total_tokens) AS BIGINT) AS total_tokens,
    sum(cost_usd) AS cost_usd,
    sum(error_count)::BIGINT AS error_count,
    sum(unpriced_call_count)::BIGINT AS unpriced_call_count,
    avg(sample_weight) AS sample_weight
FROM traces
WHERE session_id IS NOT NULL
GROUP BY session_id;
