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
        target.expected_digest,
        asked.scorer_digest,
        if(asked.uses_expectations, target.expected_digest, target.content_digest)
            AS content_digest
    FROM ${targets} AS target
    CROSS JOIN asked
    WHERE lake.sample_position(target.${id}) < $sample
),
judged AS (
    SELECT DISTINCT ${id} AS target_id, content_digest, scorer_digest
    FROM lake.run_results
    WHERE kind = 'verdict'
        AND content_digest IS NOT NULL
        AND target_type IN ${types}
        AND NOT ($retry_errors::BOOLEAN AND error_code IS NOT NULL)
)
SELECT wanted.*
FROM wanted
ANTI JOIN judged USING (target_id, content_digest, scorer_digest)
