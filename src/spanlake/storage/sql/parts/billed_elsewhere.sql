-- The responses that a trace tells of and another trace is billed for: a client that traces itself
-- may do so in a trace of its own. That is at the same time; at another it was asked for again.
--
-- The trace that has what was said is billed, or else the one that has the most spans.
WITH
-- All that follows is about the few responses of which several traces tell. A span that does not
-- name the provider means the one that another of its trace names.
told AS MATERIALIZED (
    SELECT
        trace_id,
        response_id,
        coalesce(provider, min(provider) OVER (PARTITION BY trace_id, response_id)) AS provider,
        start_time_ns,
        end_time_ns,
        total_tokens IS NOT NULL OR cost_usd IS NOT NULL AS reports
    FROM $scope.span_facts
    SEMI JOIN (
        SELECT response_id
        FROM $scope.span_facts
        WHERE response_id != '' AND lake.is_call(span_type, usage_is_rollup)
        GROUP BY response_id
        HAVING min(trace_id) != max(trace_id)
    ) USING (response_id)
    WHERE lake.is_call(span_type, usage_is_rollup)
),
-- `lull` is true where all that was told before had ended.
teller AS (
    SELECT
        *,
        start_time_ns > max(end_time_ns) OVER (
            PARTITION BY response_id, provider
            ORDER BY start_time_ns, end_time_ns, trace_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS lull
    FROM (
        SELECT
            trace_id,
            response_id,
            provider,
            bool_or(reports) AS reports,
            min(start_time_ns) AS start_time_ns,
            max(end_time_ns) AS end_time_ns
        FROM told
        WHERE provider IS NOT NULL
        GROUP BY trace_id, response_id, provider
    )
),
candidate AS (
    SELECT
        *,
        count(*) FILTER (lull) OVER (
            PARTITION BY response_id, provider ORDER BY start_time_ns, end_time_ns, trace_id
        ) AS episode
    FROM teller
)
SELECT trace_id, response_id, provider
FROM candidate
LEFT JOIN (
    SELECT trace_id, response_id, true AS speaks
    FROM (
        SELECT trace_id, response_id
        FROM $scope.span_messages
        WHERE coalesce(input_messages, output_messages) IS NOT NULL
        UNION ALL
        SELECT trace_id, response_id FROM $scope.log_content WHERE content_kind = 'whole'
    )
    SEMI JOIN told USING (trace_id, response_id)
    GROUP BY trace_id, response_id
) USING (trace_id, response_id)
LEFT JOIN (
    SELECT trace_id, count(DISTINCT span_id) AS span_count
    FROM $scope.span_facts
    SEMI JOIN told USING (trace_id)
    GROUP BY trace_id
) USING (trace_id)
QUALIFY 1 < row_number() OVER (
    PARTITION BY response_id, provider, episode
    ORDER BY reports DESC, speaks NULLS LAST, span_count DESC, start_time_ns, trace_id
)
