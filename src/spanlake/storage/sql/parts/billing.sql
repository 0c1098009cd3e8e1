-- The spans that take part in what a trace is billed, each with its role:
--
--   billed      its usage and cost are the trace's: nothing below it reports any
--   covered     a model call that reports nothing; the rollup `billed_by` above it is billed
--   unreported  a model call that reports nothing, and nothing else does for it
--   rollup      no call but the topmost sum over calls that are billed themselves, with the
--               tokens it counts beyond theirs
--
-- A span reports when it has usage or a cost. A wrapper and the call inside it are one call, and
-- so are two model calls of one provider with one response id, in one trace or, as
-- `billed_elsewhere.sql` has it, in two. A span sent twice counts once.
WITH RECURSIVE
fact AS MATERIALIZED (
    SELECT
        span.trace_id,
        span.span_id,
        parent_span_id,
        start_time_ns,
        end_time_ns,
        received_at,
        provider,
        model,
        nullif(response_id, '') AS response_id,
        input_tokens,
        output_tokens,
        total_tokens,
        cost_usd,
        total_tokens IS NOT NULL OR cost_usd IS NOT NULL AS reports,
        lake.is_call(coalesce(span.span_type, content.span_type), usage_is_rollup)
            AS is_call
    FROM $scope.span_facts AS span
    -- Of a span that does not say what it is, log records may: see the view `spans`.
    LEFT JOIN (
        SELECT trace_id, span_id, 'LLM' AS span_type
        FROM $scope.log_content
        WHERE content_kind IN ('whole', 'part')
        GROUP BY trace_id, span_id
    ) AS content
        ON content.trace_id = span.trace_id AND content.span_id = span.span_id
),
-- Sorting is for the few spans that were sent twice. The last to end is the span; what else it
-- is sorted by only keeps the answer the same from one query to the next.
repeated AS (
    SELECT trace_id, span_id FROM fact GROUP BY trace_id, span_id HAVING count(*) > 1
),
span AS MATERIALIZED (
    FROM fact ANTI JOIN repeated USING (trace_id, span_id)
    UNION ALL
    (
        FROM fact SEMI JOIN repeated USING (trace_id, span_id)
        QUALIFY 1 = row_number() OVER (
            PARTITION BY trace_id, span_id
            ORDER BY
                end_time_ns DESC, received_at DESC, parent_span_id, start_time_ns, provider,
                model, response_id, input_tokens, output_tokens, total_tokens, cost_usd, is_call
        )
    )
),
-- What is above a span, found by doubling: in round n each span knows its nearest 2^n ancestors
-- and asks the last of them about the next 2^n. So a chain takes as many rounds as its length has
-- binary digits. A span still asking after 24 rounds, or 16 million ancestors, is below parents
-- that go in a circle.
ancestry(trace_id, span_id, next_id, round, depth, reporter_id, party_id, top_rollup_id)
USING KEY (trace_id, span_id) AS (
    SELECT
        span.trace_id,
        span.span_id,
        parent.span_id,
        0,
        if(parent.span_id IS NULL, 0, 1)::BIGINT,
        if(parent.reports, parent.span_id, NULL),
        if(parent.reports OR parent.is_call, parent.span_id, NULL),
        if(parent.reports AND NOT parent.is_call, parent.span_id, NULL)
    FROM span
    LEFT JOIN span AS parent
        ON parent.trace_id = span.trace_id AND parent.span_id = span.parent_span_id
    UNION
    SELECT
        near.trace_id,
        near.span_id,
        far.next_id,
        near.round + 1,
        near.depth + far.depth,
        coalesce(near.reporter_id, far.reporter_id),
        coalesce(near.party_id, far.party_id),
        coalesce(far.top_rollup_id, near.top_rollup_id)
    FROM ancestry AS near
    JOIN recurring.ancestry AS far
        ON far.trace_id = near.trace_id AND far.span_id = near.next_id
    WHERE near.round < 24
),
-- Whoever reports or calls, with the nearest above that does. Nothing is above a circle.
party AS MATERIALIZED (
    SELECT
        span.*,
        if(next_id IS NULL, depth, 0) AS depth,
        if(next_id IS NULL, reporter_id, NULL) AS reporter_id,
        if(next_id IS NULL, party_id, NULL) AS party_id,
        if(next_id IS NULL, top_rollup_id, NULL) AS top_rollup_id
    FROM span
    JOIN ancestry USING (trace_id, span_id)
    WHERE reports OR is_call
),
placed AS MATERIALIZED (
    SELECT
        party.*,
        reporter_below.span_id IS NULL AS is_last_reporter,
        party_below.span_id IS NULL AS is_last_party
    FROM party
    LEFT JOIN (SELECT DISTINCT trace_id, reporter_id AS span_id FROM party WHERE reports)
        AS reporter_below USING (trace_id, span_id)
    LEFT JOIN (SELECT DISTINCT trace_id, party_id AS span_id FROM party)
        AS party_below USING (trace_id, span_id)
),
-- A call that reports nothing is one of its own only where no call above it reports. One that does
-- not name the provider of its response means the one that another of the trace names.
counted AS MATERIALIZED (
    SELECT
        placed.* REPLACE (coalesce(placed.provider, named.provider) AS provider),
        if(NOT placed.reports AND reporter.is_last_reporter, reporter.span_id, NULL) AS billed_by
    FROM placed
    LEFT JOIN placed AS reporter
        ON reporter.trace_id = placed.trace_id AND reporter.span_id = placed.reporter_id
    LEFT JOIN (
        SELECT trace_id, response_id, min(provider) AS provider
        FROM placed
        WHERE is_call AND response_id IS NOT NULL
        GROUP BY trace_id, response_id
        HAVING count(provider) < count(*)
    ) AS named
        ON named.trace_id = placed.trace_id AND named.response_id = placed.response_id
    WHERE if(
        placed.reports,
        placed.is_last_reporter,
        placed.is_last_party AND NOT coalesce(reporter.is_call, false)
    )
),
-- Sorting, again, is for the few: calls that tell of the same response.
told_better AS (
    SELECT counted.trace_id, counted.span_id
    FROM counted
    JOIN (
        SELECT trace_id, response_id, provider
        FROM counted
        WHERE is_call AND response_id IS NOT NULL
        GROUP BY trace_id, response_id, provider
        HAVING count(*) > 1
    ) AS shared
        ON shared.trace_id = counted.trace_id
        AND shared.response_id = counted.response_id
        AND shared.provider IS NOT DISTINCT FROM counted.provider
    WHERE counted.is_call
    QUALIFY 1 < row_number() OVER (
        PARTITION BY counted.trace_id, counted.response_id, counted.provider
        ORDER BY
            reports DESC, depth DESC, end_time_ns::HUGEINT - start_time_ns, counted.span_id
    )
),
call AS MATERIALIZED (
    SELECT counted.*
    FROM counted
    LEFT JOIN told_better
        ON told_better.trace_id = counted.trace_id AND told_better.span_id = counted.span_id
    WHERE told_better.span_id IS NULL
)
SELECT
    call.trace_id,
    call.span_id,
    CASE
        WHEN call.reports THEN 'billed'
        WHEN call.billed_by IS NOT NULL THEN 'covered'
        ELSE 'unreported'
    END AS role,
    call.is_call,
    call.billed_by,
    call.provider,
    call.model,
    call.input_tokens,
    call.output_tokens,
    call.total_tokens,
    call.cost_usd,
    wrapper.span_id AS wrapper_id,
    NULL::HUGEINT AS unattributed_tokens
FROM call
ANTI JOIN $billed_elsewhere AS elsewhere
    ON call.is_call
    AND elsewhere.trace_id = call.trace_id
    AND elsewhere.response_id = call.response_id
    AND elsewhere.provider = call.provider
LEFT JOIN party AS wrapper
    ON wrapper.trace_id = call.trace_id AND wrapper.span_id = call.party_id AND wrapper.is_call
UNION ALL BY NAME
SELECT
    rollup.trace_id,
    rollup.span_id,
    'rollup' AS role,
    false AS is_call,
    greatest(0, any_value(rollup.total_tokens) - coalesce(sum(call.total_tokens), 0))
        AS unattributed_tokens
FROM placed AS rollup
LEFT JOIN call
    ON call.trace_id = rollup.trace_id AND call.top_rollup_id = rollup.span_id
WHERE rollup.reports
    AND NOT rollup.is_call
    AND NOT rollup.is_last_reporter
    AND rollup.top_rollup_id IS NULL
GROUP BY rollup.trace_id, rollup.span_id
