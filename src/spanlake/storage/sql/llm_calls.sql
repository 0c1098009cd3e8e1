-- The model calls of a trace that count, one row each. The rollup that is billed for calls which
-- report nothing is a row as well, and they name it in `billed_by`: so the sums are the trace's.
-- What was said, and in whose session, the call around a billed one may know better: clients that
-- trace themselves keep the texts to themselves.
CREATE VIEW llm_calls AS
WITH
billing AS MATERIALIZED (FROM lake.billing WHERE role != 'rollup'),
wrapper AS (
    SELECT
        trace_id,
        span_id,
        arg_max(system_instructions, end_time_ns) AS system_instructions,
        arg_max(input_messages, end_time_ns) AS input_messages,
        arg_max(output_messages, end_time_ns) AS output_messages,
        arg_max(tool_definitions, end_time_ns) AS tool_definitions,
        arg_max(input, end_time_ns) AS input,
        arg_max(output, end_time_ns) AS output,
        arg_max(session_id, end_time_ns) AS session_id,
        arg_max(user_id, end_time_ns) AS user_id
    FROM lake.told_spans
    SEMI JOIN (
        SELECT trace_id, wrapper_id AS span_id FROM billing WHERE wrapper_id IS NOT NULL
    ) USING (trace_id, span_id)
    GROUP BY trace_id, span_id
)
SELECT
    span.trace_id,
    span.span_id,
    span.parent_span_id,
    span.name,
    span.start_time,
    span.end_time,
    span.duration_ms,
    span.status_code,
    span.is_error,
    span.error_type,
    span.error_message,
    span.span_type,
    span.operation,
    billing.provider,
    billing.model,
    span.request_model,
    span.response_model,
    span.request_params,
    span.response_id,
    span.finish_reasons,
    span.time_to_first_token_ms,
    billing.input_tokens,
    billing.output_tokens,
    billing.total_tokens,
    span.cache_read_tokens,
    span.cache_write_tokens,
    span.reasoning_tokens,
    billing.cost_usd,
    span.cost_source,
    span.price_version,
    coalesce(span.system_instructions, try_cast(wrapper.system_instructions AS JSON))
        AS system_instructions,
    coalesce(span.input_messages, try_cast(wrapper.input_messages AS JSON)) AS input_messages,
    coalesce(span.output_messages, try_cast(wrapper.output_messages AS JSON)) AS output_messages,
    coalesce(span.tool_definitions, try_cast(wrapper.tool_definitions AS JSON)) AS tool_definitions,
    coalesce(span.input, lake.input_text(wrapper.input, NULL, wrapper.input_messages)) AS input,
    coalesce(span.output, lake.output_text(wrapper.output, NULL, wrapper.output_messages))
        AS output,
    coalesce(span.session_id, wrapper.session_id) AS session_id,
    coalesce(span.user_id, wrapper.user_id) AS user_id,
    span.experiment,
    span.app_version,
    span.prompt_name,
    span.prompt_version,
    span.service_name,
    span.environment,
    billing.billed_by
FROM spans AS span
JOIN billing
    ON billing.trace_id = span.trace_id AND billing.span_id = span.span_id
LEFT JOIN wrapper
    ON wrapper.trace_id = billing.trace_id AND wrapper.span_id = billing.wrapper_id
QUALIFY 1 = row_number() OVER (
    PARTITION BY span.trace_id, span.span_id
    ORDER BY span.end_time_ns DESC, span.received_at DESC
);
