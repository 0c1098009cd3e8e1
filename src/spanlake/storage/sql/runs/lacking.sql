-- The targets that a scorer has not judged as they are now, one row for each of them and scorer.
-- ${targets}: the table of targets, ${id}: the column of their ids, ${types}: as verdicts name them.
WITH asked AS (
    SELECT
        unnest($digests::VARCHAR[]) AS scorer_digest,
        unnest($uses_expectations::BOOLEAN[]) AS uses_expectations
),
wanted AS (
    SELECT
        target.${id} AS target_id,
        target.start_time,
        target.content_digest AS alone,
        md5(concat(target.content_digest, ' ', target.expected)) AS expected_digest,
        asked.scorer_digest,
        if(asked.uses_expectations, expected_digest, target.content_digest) AS content_digest
    FROM ${targets} AS target
    CROSS JOIN asked
    WHERE $sample >= 1 OR lake.sample_position(target.${id}) < $sample
),
judged AS (
    SELECT DISTINCT target_id, content_digest, scorer_digest
    FROM (
        SELECT ${id} AS target_id, content_digest, scorer_digest
        FROM lake.run_results
        WHERE kind = 'verdict' AND content_digest IS NOT NULL AND target_type IN ${types}
        -- What a scorer says at once is one verdict.
        GROUP BY target_id, content_digest, scorer_digest, run_id
        HAVING NOT bool_or(
            lake.is_unanswered(error_code)
            OR ($retry_errors::BOOLEAN AND error_code IS NOT NULL)
        )
    )
)
SELECT wanted.*
FROM wanted
ANTI JOIN judged USING (target_id, content_digest, scorer_digest)
