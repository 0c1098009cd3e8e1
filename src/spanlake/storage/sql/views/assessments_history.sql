-- Every assessment ever made: those that the standard event `gen_ai.evaluation.result` brings as a
-- log record, where attributes under spanlake.assessment say what the standard has no word for;
-- those that spans carry, as annotations or as events; those that were said to the lake itself; and
-- the verdicts of evaluations.
CREATE OR REPLACE VIEW assessments_history AS
WITH result AS (
    SELECT
        trace_id,
        span_id,
        time,
        time_ns,
        observed_time_ns,
        body,
        attributes,
        service_name,
        experiment,
        received_at,
        attributes['gen_ai.evaluation.name'] AS name,
        try_cast(attributes['gen_ai.evaluation.score.value'] AS DOUBLE) AS score,
        attributes['gen_ai.evaluation.score.label'] AS label,
        attributes['spanlake.assessment.value'] AS text,
        coalesce(
            try_cast(text AS JSON),
            to_json(text),
            if(isfinite(score), to_json(score), NULL),
            to_json(label)
        ) AS value,
        attributes['gen_ai.response.id'] AS response_id
    FROM lake.logs
    WHERE event_name = 'gen_ai.evaluation.result'
),
-- An event outside of any span is about the span that got the response it names.
answer AS (
    SELECT
        response_id,
        arg_max(struct_pack(trace_id, span_id), row(start_time_ns, trace_id, span_id)) AS span
    FROM lake.span_facts
    WHERE response_id != ''
    GROUP BY response_id
),
target AS (
    SELECT
        result.* REPLACE (
            coalesce(result.trace_id, answer.span.trace_id) AS trace_id,
            coalesce(result.span_id, answer.span.span_id) AS span_id
        )
    FROM result
    LEFT JOIN answer
        ON answer.response_id = result.response_id
        AND result.span_id IS NULL
        AND coalesce(answer.span.trace_id = result.trace_id, true)
),
logged AS (
    SELECT
        coalesce(
            attributes['spanlake.assessment.id'],
            md5(to_json([
                trace_id, span_id, name, coalesce(nullif(time_ns, 0), observed_time_ns)::VARCHAR,
                value::VARCHAR, attributes['gen_ai.evaluation.explanation'], body,
                attributes['spanlake.assessment.source_id']
            ])::VARCHAR)
        ) AS assessment_id,
        coalesce(attributes['spanlake.assessment.kind'], 'feedback') AS kind,
        name,
        value,
        coalesce(
            score,
            if(json_type(value) IN ('VARCHAR', 'BOOLEAN'), NULL, try_cast(value ->> '$' AS DOUBLE))
        ) AS value_double,
        coalesce(label, if(json_type(value) = 'VARCHAR', value ->> '$', NULL)) AS value_string,
        if(json_type(value) = 'BOOLEAN', value = 'true', NULL) AS value_bool,
        attributes['gen_ai.evaluation.explanation'] AS rationale,
        coalesce(attributes['spanlake.assessment.source_type'], 'CODE') AS source_type,
        coalesce(attributes['spanlake.assessment.source_id'], service_name) AS source_id,
        coalesce(
            attributes['spanlake.assessment.target_type'],
            CASE
                WHEN span_id IS NOT NULL THEN 'span'
                WHEN trace_id IS NOT NULL THEN 'trace'
                WHEN attributes['spanlake.assessment.record_id'] IS NOT NULL THEN 'record'
                ELSE 'session'
            END
        ) AS target_type,
        trace_id,
        span_id,
        coalesce(attributes['session.id'], attributes['gen_ai.conversation.id']) AS session_id,
        attributes['spanlake.assessment.run_id'] AS run_id,
        attributes['error.type'] AS error_code,
        attributes['spanlake.assessment.error_message'] AS error_message,
        map_from_entries(list_transform(
            list_filter(
                map_entries(attributes),
                lambda entry: starts_with(entry.key, 'spanlake.assessment.metadata.')
            ),
            lambda entry: struct_pack(
                key := substr(entry.key, len('spanlake.assessment.metadata.') + 1),
                value := entry.value
            )
        )) AS metadata,
        attributes['spanlake.assessment.scorer_name'] AS scorer_name,
        attributes['spanlake.assessment.scorer_digest'] AS scorer_digest,
        attributes['spanlake.assessment.judge_model'] AS judge_model,
        try_cast(attributes['spanlake.assessment.judge_input_tokens'] AS BIGINT)
            AS judge_input_tokens,
        try_cast(attributes['spanlake.assessment.judge_output_tokens'] AS BIGINT)
            AS judge_output_tokens,
        try_cast(attributes['spanlake.assessment.judge_cost_usd'] AS DOUBLE) AS judge_cost_usd,
        attributes['spanlake.assessment.content_digest'] AS content_digest,
        time AS created_at,
        attributes['spanlake.assessment.overrides'] AS overrides,
        coalesce(try_cast(attributes['spanlake.assessment.is_deletion'] AS BOOLEAN), false)
            AS is_deletion,
        attributes['spanlake.assessment.record_id'] AS record_id,
        response_id,
        experiment,
        received_at
    FROM target
),
annotation AS (
    SELECT
        span.* EXCLUDE (evaluations, evaluation),
        unnest(span.evaluation),
        coalesce(
            if(isfinite(span.evaluation.score), to_json(span.evaluation.score), NULL),
            to_json(span.evaluation.label)
        ) AS value
    FROM (
        SELECT *, unnest(lake.evaluations(evaluations)) AS evaluation
        FROM lake.span_evaluations
        WHERE evaluations IS NOT NULL
    ) AS span
),
carried AS (
    SELECT
        md5(to_json([
            target, if(target = 'session' AND session_id != '', session_id, trace_id),
            if(target = 'span', span_id, NULL), name, identifier, value::VARCHAR
        ])::VARCHAR) AS assessment_id,
        'feedback' AS kind,
        name,
        value,
        score AS value_double,
        label AS value_string,
        explanation AS rationale,
        CASE annotator_kind WHEN 'HUMAN' THEN 'HUMAN' WHEN 'LLM' THEN 'LLM_JUDGE' ELSE 'CODE' END
            AS source_type,
        coalesce(identifier, service_name) AS source_id,
        target AS target_type,
        trace_id,
        if(target = 'span', span_id, NULL) AS span_id,
        session_id,
        error_type AS error_code,
        coalesce(metadata, MAP {}) AS metadata,
        coalesce(make_timestamptz(time_ns // 1000), end_time) AS created_at,
        false AS is_deletion,
        response_id,
        experiment,
        received_at
    FROM annotation
    WHERE target IN ('span', 'trace', 'session')
)
FROM (
    FROM logged
    UNION ALL BY NAME FROM carried
    UNION ALL BY NAME
    SELECT * REPLACE (value::JSON AS value, coalesce(is_deletion, false) AS is_deletion)
    FROM lake.assessments
    UNION ALL BY NAME FROM lake.run_verdicts
)
-- What was sent twice is one assessment; a verdict that came after there was none is that one.
QUALIFY 1 = row_number() OVER (
    PARTITION BY assessment_id
    ORDER BY lake.is_unanswered(error_code), received_at, value::VARCHAR
);
