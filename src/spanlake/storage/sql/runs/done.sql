-- What of a run is done: for each record and repetition the scorers that have judged it. A scorer has
-- judged where none of its verdicts lacks the answer of a model; of a verdict that was written more
-- than once any may have it.
WITH judged AS (
    SELECT record_id, repetition, kind, scorer_digest, bool_or(is_unanswered) AS is_unanswered
    FROM (
        SELECT
            record_id,
            repetition,
            kind,
            scorer_digest,
            assessment_id,
            bool_and(lake.is_unanswered(error_code)) AS is_unanswered
        FROM lake.run_results
        WHERE run_id = $run_id
        GROUP BY record_id, repetition, kind, scorer_digest, assessment_id
    )
    GROUP BY record_id, repetition, kind, scorer_digest
),
parts AS (
    SELECT
        record_id,
        repetition,
        bool_or(kind = 'row') AS is_row,
        coalesce(
            list(scorer_digest) FILTER (kind = 'verdict' AND NOT is_unanswered), []
        ) AS digests
    FROM judged
    GROUP BY record_id, repetition
)
SELECT
    record_id,
    repetition,
    is_row,
    digests,
    is_row AND repetition < $repetitions AND list_has_all(digests, $scorers) AS is_complete
FROM parts
