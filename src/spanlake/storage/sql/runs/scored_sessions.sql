-- The sessions that any of the chosen traces belongs to, each with all of its traces.
CREATE OR REPLACE TABLE lake.scored_sessions AS
WITH members AS (
    SELECT
        session_id,
        min(start_time) AS start_time,
        md5(string_agg(concat(trace_id, ':', end_time), ',' ORDER BY trace_id)) AS content_digest
    FROM traces
    WHERE session_id IN (SELECT session_id FROM lake.scored_traces WHERE session_id IS NOT NULL)
    GROUP BY session_id
),
expected AS (
    SELECT session_id, md5(string_agg(concat(name, '=', value), ',' ORDER BY name, value)) AS digest
    FROM (
        SELECT session_id, name, value::VARCHAR AS value
        FROM assessments
        WHERE kind = 'expectation' AND is_valid AND target_type = 'session'
    )
    GROUP BY session_id
)
SELECT
    session_id,
    start_time,
    content_digest,
    expected.digest AS expected
FROM members
LEFT JOIN expected USING (session_id);
