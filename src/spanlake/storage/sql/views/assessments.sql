-- The assessments with whether each still stands: one that was deleted does not, nor one that another
-- overrides which was not deleted itself. Of several that override the same, the last stands.
CREATE OR REPLACE VIEW assessments AS
WITH
history AS MATERIALIZED (FROM assessments_history),
deleted AS (
    SELECT DISTINCT overrides AS assessment_id
    FROM history
    WHERE is_deletion
),
overridden AS (
    SELECT
        overrides AS assessment_id,
        arg_max(assessment_id, row(received_at, created_at, assessment_id)) AS last_by
    FROM history
    ANTI JOIN deleted USING (assessment_id)
    WHERE NOT is_deletion AND overrides != assessment_id
    GROUP BY overrides
)
SELECT
    history.* EXCLUDE (is_deletion, record_id, response_id, experiment, received_at),
    deleted.assessment_id IS NULL
    AND overridden.assessment_id IS NULL
    AND coalesce(sibling.last_by = history.assessment_id, true) AS is_valid,
    record_id,
    response_id,
    experiment,
    received_at
FROM history
LEFT JOIN deleted USING (assessment_id)
LEFT JOIN overridden USING (assessment_id)
LEFT JOIN overridden AS sibling ON sibling.assessment_id = history.overrides
WHERE NOT is_deletion;
