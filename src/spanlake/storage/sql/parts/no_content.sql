-- The columns of `span_content` where there are no log records: planning what they might say takes
-- time.
SELECT
    NULL::VARCHAR AS trace_id,
    NULL::VARCHAR AS span_id,
    NULL::BOOLEAN AS is_call,
    NULL::VARCHAR AS input_messages,
    NULL::VARCHAR AS output_messages,
    NULL::VARCHAR AS system_instructions,
    NULL::VARCHAR AS tool_definitions,
    NULL::VARCHAR AS session_id,
    NULL::VARCHAR AS user_id
WHERE false
