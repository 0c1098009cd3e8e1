-- Where a share of ids is taken, the ones below it; so a smaller share is a part of a larger one.
CREATE MACRO lake.sample_position(id) AS md5_number_lower('sample ' || id) / 18446744073709551616;

-- Every verdict on something stored: of which content, by which scorer, and what became of it.
CREATE VIEW ledger AS
SELECT
    target_type,
    trace_id,
    span_id,
    session_id,
    scorer_name,
    scorer_digest,
    content_digest,
    CASE
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
WHERE kind = 'verdict' AND content_digest IS NOT NULL;
