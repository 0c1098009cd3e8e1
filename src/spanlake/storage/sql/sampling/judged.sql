-- What speaks for each settled trace, the first that does; NULL where nothing does. draw: its place
-- in the lottery, from 0 to 1, by its id alone.
WITH in_session AS (
    SELECT trace_id, unnest(session_ids) AS session_id FROM settled_traces
),
said AS (
    SELECT
        trace_id,
        session_id,
        kind = 'feedback' AND (
            coalesce(value_double, value_bool::DOUBLE)
                < list_extract(map_extract($scored_below::MAP(VARCHAR, DOUBLE), name), 1)
            OR (
                list_contains($failed::VARCHAR[], name)
                AND (value_bool = false OR lower(trim(value_string)) IN ('false', 'no', 'fail'))
            )
        ) AS is_bad
    FROM assessments
    WHERE is_valid
),
spoken AS (
    SELECT trace_id, bool_or(is_bad) AS is_bad
    FROM (
        SELECT trace_id, is_bad FROM said WHERE trace_id IS NOT NULL
        UNION ALL
        SELECT in_session.trace_id, said.is_bad
        FROM (FROM said WHERE trace_id IS NULL) AS said
        JOIN in_session USING (session_id)
    )
    GROUP BY trace_id
),
-- What else people and runs go on looking at.
used AS (
    SELECT trace_id
    FROM (
        SELECT trace_id FROM run_results
        UNION ALL
        SELECT trace_id FROM dataset_records
        UNION ALL
        SELECT unnest($in_review::VARCHAR[])
        UNION ALL
        SELECT trace_id
        FROM in_session
        SEMI JOIN (
            SELECT session_id FROM run_results
            UNION ALL
            SELECT session_id FROM dataset_records
            UNION ALL
            SELECT unnest($sessions_in_review::VARCHAR[])
        ) USING (session_id)
    )
    WHERE trace_id IS NOT NULL
    GROUP BY trace_id
)
SELECT
    settled.trace_id,
    settled.first_received,
    settled.earlier,
    ('0x' || left(md5(settled.trace_id), 13))::BIGINT / pow(2, 52) AS draw,
    CASE
        WHEN used.trace_id IS NOT NULL THEN 'in use'
        WHEN $errors AND trace.error_count > 0 THEN 'error'
        WHEN trace.duration_ms > $slower_than_ms THEN 'slow'
        WHEN trace.cost_usd > $dearer_than THEN 'dear'
        WHEN spoken.is_bad THEN 'badly scored'
        WHEN $assessed AND spoken.trace_id IS NOT NULL THEN 'assessed'
    END AS reason
FROM settled
LEFT JOIN settled_traces AS trace ON trace.trace_id = settled.trace_id
LEFT JOIN spoken ON spoken.trace_id = settled.trace_id
LEFT JOIN used ON used.trace_id = settled.trace_id
ORDER BY settled.trace_id
