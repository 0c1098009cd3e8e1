-- Whether an error says nothing of what was judged: a model that was busy, out of reach or not to be
-- paid. Such a verdict is none, and is asked for again; `models.errors` has the same codes.
CREATE OR REPLACE MACRO lake.is_unanswered(code) AS coalesce(
    code IN (
        'BUDGET_EXCEEDED',
        'MODEL_ACCESS_DENIED',
        'MODEL_QUOTA_EXHAUSTED',
        'MODEL_RATE_LIMITED',
        'MODEL_REPLY_MALFORMED',
        'MODEL_TIMEOUT',
        'MODEL_UNAVAILABLE',
        'MODEL_UNKNOWN',
        'MODEL_UNPRICED'
    ),
    false
);

-- What came of runs: a row for each record and repetition (kind 'row'), and one for each verdict on
-- it (kind 'verdict'). A run that was killed may have written the same twice; it counts once. What a
-- model did not answer at first counts as it was answered when the run went on.
CREATE OR REPLACE VIEW run_results AS
SELECT * REPLACE (
    inputs::JSON AS inputs,
    outputs::JSON AS outputs,
    expectations::JSON AS expectations,
    value::JSON AS value,
    tags::JSON AS tags
)
FROM lake.run_results
QUALIFY 1 = row_number() OVER (
    PARTITION BY run_id, kind, record_id, repetition, scorer_digest, assessment_id
    ORDER BY lake.is_unanswered(error_code), received_at
);

-- The verdicts among them, as assessments; where a scorer had nothing to say there is none.
CREATE OR REPLACE VIEW lake.run_verdicts AS
SELECT
    assessment_id,
    'feedback' AS kind,
    name,
    value::JSON AS value,
    value_double,
    value_string,
    value_bool,
    rationale,
    source_type,
    source_id,
    target_type,
    trace_id,
    span_id,
    session_id,
    run_id,
    error_code,
    error_message,
    metadata,
    scorer_name,
    scorer_digest,
    judge_model,
    judge_input_tokens,
    judge_output_tokens,
    judge_cost_usd,
    content_digest,
    created_at,
    false AS is_deletion,
    record_id,
    experiment,
    received_at
FROM lake.run_results
WHERE kind = 'verdict' AND (value IS NOT NULL OR error_code IS NOT NULL);
