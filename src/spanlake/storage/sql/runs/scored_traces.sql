-- The traces that may be scored, with what stands for their content: their spans, how much was said
-- of them in log records, and what is expected of them. A trace that is not whole yet is left for
-- later, unless nothing has come for an hour; those of evaluations and judges are not production.
CREATE OR REPLACE TABLE lake.scored_traces AS
WITH chosen AS (
    SELECT trace_id, session_id, start_time
    FROM lake.matching_traces
    WHERE ($since::TIMESTAMPTZ IS NULL OR start_time >= $since)
        AND (is_complete OR end_time < now() - INTERVAL 1 HOUR)
        AND ($ids::VARCHAR[] IS NULL OR list_contains($ids, trace_id))
        AND (
            $of_evaluations::BOOLEAN
            OR (
                experiment IS DISTINCT FROM 'spanlake.judges'
                AND trace_id NOT IN (
                    SELECT trace_id FROM lake.run_results
                    WHERE kind = 'row' AND trace_id IS NOT NULL AND latency_ms IS NOT NULL
                )
            )
        )
),
spans AS (
    SELECT trace_id, list(concat(span_id, ':', end_time_ns)) AS spans
    FROM lake.span_facts
    SEMI JOIN chosen USING (trace_id)
    GROUP BY trace_id
),
said AS (
    SELECT trace_id, count(DISTINCT said_at_ns) AS count
    FROM lake.log_content
    SEMI JOIN chosen USING (trace_id)
    GROUP BY trace_id
),
expected AS (
    SELECT trace_id, md5(string_agg(concat(name, '=', value), ',' ORDER BY name, value)) AS digest
    FROM (
        SELECT trace_id, name, value::VARCHAR AS value
        FROM assessments
        WHERE kind = 'expectation' AND is_valid AND trace_id IS NOT NULL
    )
    GROUP BY trace_id
)
SELECT
    chosen.*,
    md5(
        concat(
            -- One span is its own list: most of the time goes into putting lists in order.
            md5(
                if(
                    len(spans.spans) = 1,
                    spans.spans[1],
                    array_to_string(list_sort(list_distinct(spans.spans)), ',')
                )
            ),
            ' ',
            coalesce(said.count, 0)
        )
    ) AS content_digest,
    expected.digest AS expected
FROM chosen
LEFT JOIN spans USING (trace_id)
LEFT JOIN said USING (trace_id)
LEFT JOIN expected USING (trace_id);
