-- The model calls of a trace that count, one row each. The rollup that is billed for calls which
-- report nothing is a row as well, and they name it in `billed_by`: so the sums are the trace's.
-- In whose session it was, the call around a billed one may know better: clients that trace
-- themselves keep that to themselves.
WITH billing AS MATERIALIZED (FROM $billing WHERE role != 'rollup')
SELECT
    span.trace_id,
    span.span_id,
    span.parent_span_id,
    span.name,
    span.start_time,
    span.end_time,
    lake.duration_ms(span.start_time_ns, span.end_time_ns) AS duration_ms,
    coalesce(span.status_code, 'UNSET') AS status_code,
    coalesce(span.is_error, span.status_code = 'ERROR', false) AS is_error,
    span.error_type,
    span.error_message,
    coalesce(span.span_type, if(content.is_call, 'LLM', NULL)) AS span_type,
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
    coalesce(span.session_id, content.session_id, wrapper.session_id) AS session_id,
    coalesce(span.user_id, content.user_id, wrapper.user_id) AS user_id,
    span.experiment,
    span.app_version,
    span.prompt_name,
    span.prompt_version,
    span.service_name,
    span.environment,
    billing.billed_by,
    billing.wrapper_id,
    lake.sample_weight(span.sample_weight, span.tail_weight) AS sample_weight
FROM $scope.span_calls AS span
JOIN billing
    ON billing.trace_id = span.trace_id AND billing.span_id = span.span_id
LEFT JOIN $scope.span_content AS content
    ON content.trace_id = span.trace_id AND content.span_id = span.span_id
LEFT JOIN (
    SELECT
        trace_id,
        span_id,
        arg_max(session_id, end_time_ns) AS session_id,
        arg_max(user_id, end_time_ns) AS user_id
    FROM $told_spans
    SEMI JOIN (
        SELECT trace_id, wrapper_id AS span_id FROM billing WHERE wrapper_id IS NOT NULL
    ) USING (trace_id, span_id)
    GROUP BY trace_id, span_id
) AS wrapper
    ON wrapper.trace_id = billing.trace_id AND wrapper.span_id = billing.wrapper_id
QUALIFY 1 = row_number() OVER (
    PARTITION BY span.trace_id, span.span_id
    ORDER BY span.end_time_ns DESC, span.received_at DESC
)
