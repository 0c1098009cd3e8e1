SELECT *, $generation::BIGINT AS generation
FROM (
    SELECT trace_id, min(received_at) AS first_received, max(received_at) AS last_received
    FROM (
        SELECT trace_id, received_at FROM live.span_facts
        UNION ALL
        SELECT trace_id, received_at FROM live.log_content WHERE trace_id IS NOT NULL
    )
    GROUP BY trace_id
)
