-- The traces that tell of the same response of a model at the same time, in one list: of them one is
-- billed, as billed_elsewhere.sql has it, so that they stay or go together.
SELECT list(DISTINCT trace_id)
FROM (
    SELECT
        *,
        count(*) FILTER (lull) OVER (
            PARTITION BY response_id ORDER BY start_time_ns, end_time_ns, trace_id
        ) AS episode
    FROM (
        SELECT
            *,
            start_time_ns > max(end_time_ns) OVER (
                PARTITION BY response_id
                ORDER BY start_time_ns, end_time_ns, trace_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS lull
        FROM (
            SELECT
                response_id,
                trace_id,
                min(start_time_ns) AS start_time_ns,
                max(end_time_ns) AS end_time_ns
            FROM lake.spans
            SEMI JOIN (
                SELECT response_id
                FROM lake.spans
                WHERE response_id != '' AND tail_weight IS NULL
                GROUP BY response_id
                HAVING min(trace_id) != max(trace_id)
            ) USING (response_id)
            WHERE tail_weight IS NULL
            GROUP BY response_id, trace_id
        )
    )
)
GROUP BY response_id, episode
HAVING count(DISTINCT trace_id) > 1
