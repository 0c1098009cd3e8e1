-- The model calls of a trace that count, one row each. The rollup that is billed for calls which
-- report nothing is a row as well, and they name it in `billed_by`: so the sums are the trace's.
CREATE VIEW llm_calls AS
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
    span.system_instructions,
    span.input_messages,
    span.output_messages,
    span.tool_definitions,
    span.input,
    span.output,
    span.session_id,
    span.user_id,
    span.experiment,
    span.app_version,
    span.prompt_name,
    span.prompt_version,
    span.service_name,
    span.environment,
    billing.billed_by
FROM spans AS span
JOIN lake.billing AS billing
    ON billing.trace_id = span.trace_id AND billing.span_id = span.span_id
WHERE billing.role != 'rollup'
QUALIFY 1 = row_number() OVER (
    PARTITION BY span.trace_id, span.span_id
    ORDER BY span.end_time_ns DESC, span.received_at DESC
);
