-- The columns of `$scope.span_summaries` as the view `spans` shows them.
SELECT
    span.* REPLACE (
        coalesce(span_type, if(content.is_call, 'LLM', NULL)) AS span_type,
        coalesce(span.system_instructions, content.system_instructions) AS system_instructions,
        coalesce(span.tool_definitions, content.tool_definitions) AS tool_definitions,
        coalesce(span.input_messages, content.input_messages) AS input_messages,
        coalesce(span.output_messages, content.output_messages) AS output_messages,
        coalesce(span.session_id, content.session_id) AS session_id,
        coalesce(span.user_id, content.user_id) AS user_id
    )
FROM $scope.span_summaries AS span
LEFT JOIN $scope.span_content AS content
    ON content.trace_id = span.trace_id AND content.span_id = span.span_id
