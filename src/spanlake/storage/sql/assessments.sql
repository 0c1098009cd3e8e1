-- The assessments with whether each still stands: one that another overrides or deletes does not.
CREATE VIEW assessments AS
WITH
history AS MATERIALIZED (FROM assessments_history),
overridden AS (
    SELECT DISTINCT overrides AS assessment_id
    FROM history
    WHERE overrides IS NOT NULL AND overrides != assessment_id
)
SELECT
    history.* EXCLUDE (is_deletion, response_id, experiment, received_at),
    overridden.assessment_id IS NULL AS is_valid,
    response_id,
    experiment,
    received_at
FROM history
LEFT JOIN overridden USING (assessment_id)
WHERE NOT is_deletion;
