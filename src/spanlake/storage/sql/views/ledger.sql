-- Where a share of ids is taken, the ones below it; so a smaller share is a part of a larger one.
CREATE OR REPLACE MACRO lake.sample_position(id) AS md5_number_lower('sample ' || id) / 18446744073709551616;

-- Every verdict on something stored: of which content, by which scorer, and what became of it. Of a
-- scorer that failed more than once on the same content, what the last run says.
CREATE OR REPLACE VIEW ledger AS
SELECT
    target_type,
    trace_id,
    span_id,
    session_id,
    scorer_name,
    scorer_digest,
    content_digest,
    CASE
        WHEN lake.is_unanswered(error_code) THEN 'unanswered'
        WHEN error_code IS NOT NULL THEN 'error'
        WHEN value IS NULL THEN 'abstained'
        ELSE 'scored'
    END AS state,
    error_code,
    error_message,
    judge_cost_usd,
    run_id,
    created_at
FROM lake.run_results
WHERE kind = 'verdict' AND content_digest IS NOT NULL
QUALIFY error_code IS NULL
    OR run_id = last_value(run_id) OVER (
        PARTITION BY content_digest, scorer_digest, coalesce(trace_id, session_id)
        ORDER BY created_at
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    );
