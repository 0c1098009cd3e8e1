-- What redaction found: a row for each rule that found something in a stored row.
CREATE OR REPLACE VIEW redactions AS
SELECT
    signal,
    trace_id,
    span_id,
    name,
    service_name,
    experiment,
    received_at,
    replace(found.key, 'dry_run:', '') AS rule,
    found.value AS count,
    starts_with(found.key, 'dry_run:') AS is_dry_run
FROM (
    SELECT
        'traces' AS signal,
        trace_id,
        span_id,
        name,
        service_name,
        experiment,
        received_at,
        unnest(map_entries(redactions)) AS found
    FROM lake.span_redactions
    WHERE redactions IS NOT NULL
    UNION ALL
    SELECT
        'logs',
        trace_id,
        span_id,
        event_name,
        service_name,
        experiment,
        received_at,
        unnest(map_entries(redactions))
    FROM lake.log_redactions
    WHERE redactions IS NOT NULL
    UNION ALL
    SELECT
        'metrics',
        NULL,
        NULL,
        name,
        service_name,
        experiment,
        received_at,
        unnest(map_entries(redactions))
    FROM lake.metric_redactions
    WHERE redactions IS NOT NULL
);
