-- What log records say of each span, in whatever order they and the span came. One that is outside
-- of any span speaks of the spans of its trace that got the response it names.
WITH record AS (
    FROM $scope.log_content
    WHERE content_kind IS NOT NULL AND trace_id IS NOT NULL AND span_id IS NOT NULL
    UNION ALL
    SELECT record.* REPLACE (span.span_id AS span_id)
    FROM (
        FROM $scope.log_content
        WHERE content_kind IS NOT NULL AND span_id IS NULL AND response_id != ''
    ) AS record
    JOIN $scope.span_facts AS span
        ON span.trace_id = record.trace_id AND span.response_id = record.response_id
)
SELECT
    trace_id,
    span_id,
    bool_or(content_kind != 'context') AS is_call,
    lake.said_messages(input_messages, content_kind, said_at_ns) AS input_messages,
    lake.said_messages(output_messages, content_kind, said_at_ns) AS output_messages,
    lake.last_said(system_instructions, said_at_ns) AS system_instructions,
    lake.last_said(tool_definitions, said_at_ns) AS tool_definitions,
    lake.last_said(session_id, said_at_ns) AS session_id,
    lake.last_said(user_id, said_at_ns) AS user_id
FROM record
GROUP BY trace_id, span_id
