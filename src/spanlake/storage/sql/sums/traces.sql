-- What the spans of a trace say by themselves, and their log records for them. The root is the span
-- without a parent that starts first; without any such, the span that starts first.
--
-- What a person reads of a trace are its root's texts. Where the root has none, they are those of
-- the first span to begin, or of the last to end, among the kinds that speak with people or models.
-- A retriever is asked before a model is, in the words of the user. No text is carried that
-- another goes before.
WITH
head AS (
    SELECT
        trace_id,
        arg_min(
            struct_pack(
                span_id, name, status_code, is_error, service_name, session_id, user_id,
                environment, experiment, app_version
            ),
            row(is_child, start_time_ns, span_id, -end_time_ns::HUGEINT)
        ) AS root,
        min(start_time) AS start_time,
        max(end_time) AS end_time,
        lake.duration_ms(min(start_time_ns), max(end_time_ns)) AS duration_ms,
        list(span_id) AS span_ids,
        list(parent_span_id) AS parent_span_ids,
        bool_or(NOT is_child) AS has_root,
        list(span_id) FILTER (is_error) AS failed_span_ids,
        list(parent_span_id) FILTER (is_error) AS parents_of_failed,
        list(tool_name) FILTER (span_type = 'TOOL') AS tools,
        list(span_type) AS span_types,
        list(session_id) AS session_ids,
        list(user_id) AS user_ids,
        list(tags) FILTER (tags IS NOT NULL) AS tags,
        arg_min(
            struct_pack(
                input,
                tool_arguments := if(input IS NULL, tool_arguments, NULL),
                input_messages := if(coalesce(input, tool_arguments) IS NULL, input_messages, NULL)
            ),
            row(is_child, start_time_ns, span_id)
        ) FILTER (
            (speaks OR span_type = 'RETRIEVER')
            AND coalesce(input, tool_arguments, input_messages) != ''
        ) AS asked,
        arg_min(
            struct_pack(
                output,
                tool_result := if(output IS NULL, tool_result, NULL),
                output_messages := if(coalesce(output, tool_result) IS NULL, output_messages, NULL)
            ),
            row(is_child, if(is_child, -end_time_ns::HUGEINT, start_time_ns), span_id)
        ) FILTER (speaks AND coalesce(output, tool_result, output_messages) != '') AS answered,
        -- A trace is there if any of its spans is, so it stands for as many as the least rare of
        -- them. What it was judged holds for spans that came afterwards, too.
        min(coalesce(sample_weight, 1)) * max(coalesce(tail_weight, 1)) AS sample_weight
    FROM (
        SELECT
            *,
            parent_span_id IS NOT NULL AS is_child,
            parent_span_id IS NULL OR span_type IN ('AGENT', 'WORKFLOW', 'CHAIN', 'LLM') AS speaks
        FROM $told_spans
    )
    GROUP BY trace_id
),
-- What an app says of the whole trace, on any span of it; the last to start has the last word. The
-- mapping has such a text as the span's own.
word AS (
    SELECT
        trace_id,
        arg_max(attributes['langfuse.trace.name'], start_time_ns) AS name,
        arg_max(input, start_time_ns) FILTER (map_contains(attributes, 'langfuse.trace.input'))
            AS input,
        arg_max(output, start_time_ns) FILTER (map_contains(attributes, 'langfuse.trace.output'))
            AS output
    FROM $scope.span_words
    WHERE dialect = 'langfuse'
    GROUP BY trace_id
),
-- A tool that a span of the same tool called is that same call, seen on its way to the tool.
tool AS (
    SELECT trace_id, len(list_distinct(list(span_id))) AS tool_call_count
    FROM (FROM $scope.span_facts WHERE span_type = 'TOOL') AS tool
    ANTI JOIN (FROM $scope.span_facts WHERE span_type = 'TOOL') AS caller
        ON caller.trace_id = tool.trace_id
        AND caller.span_id = tool.parent_span_id
        AND caller.tool_name = tool.tool_name
    GROUP BY trace_id
),
usage AS (
    SELECT
        trace_id,
        -- A billed rollup stands for one call at least, unless its calls are there themselves.
        count(*) FILTER (is_call)
            + count(*) FILTER (role = 'billed' AND NOT is_call)
            - coalesce(len(list_distinct(list(billed_by))), 0) AS llm_call_count,
        try_cast(sum(input_tokens) AS BIGINT) AS input_tokens,
        try_cast(sum(output_tokens) AS BIGINT) AS output_tokens,
        try_cast(sum(total_tokens) AS BIGINT) AS total_tokens,
        sum(cost_usd) AS cost_usd,
        count(*) FILTER (role = 'unreported' OR (role = 'billed' AND cost_usd IS NULL))
            AS unpriced_call_count,
        list(model) AS models,
        try_cast(sum(unattributed_tokens) AS BIGINT) AS unattributed_tokens
    FROM $billing
    GROUP BY trace_id
)
SELECT
    head.trace_id,
    coalesce(word.name, head.root.name) AS name,
    head.start_time,
    head.end_time,
    head.duration_ms,
    if(head.root.is_error, 'ERROR', coalesce(head.root.status_code, 'UNSET')) AS status_code,
    lake.error_count(head.failed_span_ids, head.parents_of_failed) AS error_count,
    len(list_distinct(head.span_ids)) AS span_count,
    coalesce(usage.llm_call_count, 0) AS llm_call_count,
    coalesce(tool.tool_call_count, 0) AS tool_call_count,
    coalesce(
        word.input,
        lake.input_text(head.asked.input, head.asked.tool_arguments, head.asked.input_messages)
    ) AS input,
    coalesce(
        word.output,
        lake.output_text(
            head.answered.output, head.answered.tool_result, head.answered.output_messages
        )
    ) AS output,
    usage.input_tokens,
    usage.output_tokens,
    usage.total_tokens,
    usage.cost_usd,
    coalesce(usage.unpriced_call_count, 0) AS unpriced_call_count,
    lake.distinct_sorted(usage.models) AS models,
    lake.distinct_sorted(head.tools) AS tools,
    coalesce(head.root.session_id, lake.most_frequent(head.session_ids)) AS session_id,
    coalesce(head.root.user_id, lake.most_frequent(head.user_ids)) AS user_id,
    lake.distinct_sorted(flatten(head.tags)) AS tags,
    head.root.service_name AS service_name,
    head.root.environment AS environment,
    head.root.experiment AS experiment,
    head.root.app_version AS app_version,
    head.has_root AND list_has_all(head.span_ids, head.parent_span_ids) AS is_complete,
    lake.distinct_sorted(head.session_ids) AS session_ids,
    lake.distinct_sorted(head.user_ids) AS user_ids,
    coalesce(usage.unattributed_tokens, 0) AS unattributed_tokens,
    head.root.span_id AS root_span_id,
    lake.distinct_sorted(head.span_types) AS span_types,
    head.sample_weight
FROM head
LEFT JOIN word USING (trace_id)
LEFT JOIN tool USING (trace_id)
LEFT JOIN usage USING (trace_id)
