-- What was said in a span, once for each.
SELECT
    trace_id,
    span_id,
    arg_max(system_instructions, end_time_ns) AS system_instructions,
    arg_max(input_messages, end_time_ns) AS input_messages,
    arg_max(output_messages, end_time_ns) AS output_messages,
    arg_max(tool_definitions, end_time_ns) AS tool_definitions,
    arg_max(input, end_time_ns) AS input,
    arg_max(output, end_time_ns) AS output,
    arg_max(tool_arguments, end_time_ns) AS tool_arguments,
    arg_max(tool_result, end_time_ns) AS tool_result
FROM $told_spans
$chosen
GROUP BY trace_id, span_id
