-- Why a trace has no verdict of a scorer that has scored others: what is known of the newest run
-- of the scorer, and of the trace.
CREATE OR REPLACE VIEW unscored AS
WITH
scorer AS (
    SELECT
        scorer.name AS scorer_name,
        max_by(
            struct_pack(run_id, started_at, state, reason := coalesce(reason, error_message), params),
            started_at
        ) AS run
    FROM (
        SELECT *, unnest(from_json(scorers, '[{"name": "VARCHAR"}]')) AS scorer
        FROM runs
        WHERE kind = 'scoring'
    )
    WHERE NOT coalesce(list_contains(params ->> '$.session_scorers[*]', scorer.name), false)
    GROUP BY ALL
),
verdict AS (
    SELECT
        trace_id,
        scorer_name,
        max_by(
            struct_pack(state, error_code, error_message, run_id),
            row(created_at, error_code IS NOT NULL)
        ) AS last
    FROM ledger
    WHERE target_type IN ('trace', 'span')
    GROUP BY ALL
),
evaluated AS (
    SELECT DISTINCT trace_id
    FROM lake.run_results
    WHERE kind = 'row' AND latency_ms IS NOT NULL AND trace_id IS NOT NULL
)
SELECT
    traces.trace_id,
    traces.start_time,
    scorer.scorer_name,
    CASE
        WHEN last.state IS NOT NULL THEN last.state
        WHEN experiment = 'spanlake.judges' OR evaluated.trace_id IS NOT NULL THEN 'evaluation'
        WHEN start_time > run.started_at THEN 'new'
        WHEN NOT is_complete AND end_time > run.started_at - INTERVAL 1 HOUR THEN 'incomplete'
        WHEN start_time < (run.params ->> 'since')::TIMESTAMPTZ THEN 'before_since'
        WHEN lake.sample_position(traces.trace_id) >= (run.params ->> 'sample')::DOUBLE
            THEN 'not_in_sample'
        WHEN run.state != 'finished' THEN 'run_not_finished'
        WHEN coalesce(run.params ->> 'where', run.params ->> 'limit', run.params ->> 'trace_ids')
            IS NOT NULL THEN 'not_chosen'
        ELSE 'no_score'
    END AS reason,
    CASE reason
        WHEN 'evaluation' THEN 'traces of evaluations and judges are scored when asked for'
        WHEN 'new' THEN 'it is newer than the last run'
        WHEN 'incomplete' THEN 'the root or a parent had not arrived, and it was not an hour old'
        WHEN 'before_since' THEN 'the run looked at traces since ' || (run.params ->> 'since')
        WHEN 'not_in_sample' THEN 'the run took a share of ' || (run.params ->> 'sample')
        WHEN 'run_not_finished' THEN concat_ws(': ', 'the run is ' || run.state, run.reason)
        WHEN 'not_chosen' THEN concat_ws(
            ', ',
            'where ' || (run.params ->> 'where'),
            'at most ' || (run.params ->> 'limit'),
            (run.params ->> 'trace_ids') || ' by id'
        )
        WHEN 'no_score' THEN 'the scorer gave nothing for it, or the run had nothing to do'
        ELSE last.error_message
    END AS detail,
    last.error_code,
    coalesce(last.run_id, run.run_id) AS run_id
FROM traces
CROSS JOIN scorer
LEFT JOIN verdict USING (trace_id, scorer_name)
LEFT JOIN evaluated USING (trace_id)
WHERE verdict.last IS NULL OR last.error_code IS NOT NULL;
