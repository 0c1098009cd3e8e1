-- Model calls with what was said. The call around a billed one may know that, too.
CREATE OR REPLACE VIEW $shown.llm_calls AS
SELECT
    call.* EXCLUDE (wrapper_id, request_params),
    try_cast(call.request_params AS JSON) AS request_params,
    try_cast(coalesce(own.system_instructions, wrapper.system_instructions) AS JSON)
        AS system_instructions,
    try_cast(coalesce(own.input_messages, wrapper.input_messages) AS JSON) AS input_messages,
    try_cast(coalesce(own.output_messages, wrapper.output_messages) AS JSON) AS output_messages,
    try_cast(coalesce(own.tool_definitions, wrapper.tool_definitions) AS JSON) AS tool_definitions,
    coalesce(
        lake.input_text(own.input, own.tool_arguments, own.input_messages),
        lake.input_text(wrapper.input, NULL, wrapper.input_messages)
    ) AS input,
    coalesce(
        lake.output_text(own.output, own.tool_result, own.output_messages),
        lake.output_text(wrapper.output, NULL, wrapper.output_messages)
    ) AS output
FROM $calls.calls AS call
LEFT JOIN $call_texts AS own
    ON own.trace_id = call.trace_id AND own.span_id = call.span_id
LEFT JOIN $call_texts AS wrapper
    ON wrapper.trace_id = call.trace_id AND wrapper.span_id = call.wrapper_id;
