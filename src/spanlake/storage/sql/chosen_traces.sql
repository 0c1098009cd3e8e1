-- The traces of one view of the pages, without their texts and at hand: what is counted of them asks
-- this table alone.
CREATE OR REPLACE TEMP TABLE chosen_traces AS
SELECT
    trace.trace_id,
    trace.name,
    trace.start_time,
    trace.duration_ms,
    if(trace.error_count > 0 OR trace.status_code = 'ERROR', 'error', 'ok') AS status,
    trace.error_count,
    trace.span_count,
    trace.llm_call_count,
    trace.tool_call_count,
    trace.input_tokens,
    trace.output_tokens,
    trace.total_tokens,
    trace.cost_usd,
    trace.unpriced_call_count,
    coalesce(trace.models, []) AS models,
    coalesce(trace.tools, []) AS tools,
    trace.session_id,
    trace.user_id,
    coalesce(trace.tags, []) AS tags,
    trace.service_name,
    trace.environment,
    trace.experiment,
    trace.app_version,
    trace.is_complete,
    coalesce(trace.span_types, []) AS span_types,
    coalesce(assessed.marks, []) AS marks
FROM (FROM traces WHERE $condition) AS trace
LEFT JOIN (
    SELECT
        trace_id,
        list(struct_pack(
            name,
            kind,
            value := left(coalesce(
                value_string, value_bool::VARCHAR, value_double::VARCHAR, value::VARCHAR, 'error'
            ), 80),
            rationale := left(rationale, 400),
            source_type,
            source_id,
            error_message := left(error_message, 400)
        ) ORDER BY created_at, name) AS marks
    FROM assessments
    WHERE is_valid AND trace_id IS NOT NULL
    GROUP BY trace_id
) AS assessed ON assessed.trace_id = trace.trace_id
