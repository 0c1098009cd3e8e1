-- What several views need. Nothing here fails on any value: what cannot be read is NULL.

CREATE SCHEMA lake;

-- The same types as MODEL_CALLS in semconv.columns.
CREATE MACRO lake.is_model_call(span_type) AS
    coalesce(span_type IN ('LLM', 'EMBEDDING', 'RERANKER'), false);

-- A model call whose usage sums up others is none.
CREATE MACRO lake.is_call(span_type, usage_is_rollup) AS
    lake.is_model_call(span_type) AND NOT coalesce(usage_is_rollup, false);

-- HUGEINT, because the difference of two hostile times does not fit 64 bits. Zero is no time.
CREATE MACRO lake.duration_ms(start_ns, end_ns) AS
    CASE WHEN start_ns = 0 THEN 0 ELSE greatest(0, end_ns::HUGEINT - start_ns) / 1e6 END;

-- For how many a span stands: of those before it came, and of those before it was judged.
CREATE MACRO lake.sample_weight(sample_weight, tail_weight) AS
    coalesce(sample_weight, 1) * coalesce(tail_weight, 1);

-- How many of a group are counted, each for as many as it stands for.
CREATE MACRO lake.weighted_count(is_counted, weight) AS
    coalesce(round(sum(if(is_counted, weight, 0))), 0)::BIGINT;

-- A sum of whole numbers, each for as many as it stands for; NULL where there are none.
CREATE MACRO lake.weighted_sum(number, weight) AS
    try_cast(round(sum(number * weight)) AS BIGINT);

-- What quantile_cont would be if each value were there as often as its weight says. weight_up_to: of
-- all values up to this one, itself included. weight_in_all: of all values.
CREATE MACRO lake.weighted_quantile(value, weight_up_to, weight_in_all, share) AS
    min(if(weight_up_to > floor(share * (weight_in_all - 1)), value, NULL))
    + any_value(share * (weight_in_all - 1) - floor(share * (weight_in_all - 1)))
    * (
        coalesce(
            min(if(weight_up_to > floor(share * (weight_in_all - 1)) + 1, value, NULL)), max(value)
        )
        - min(if(weight_up_to > floor(share * (weight_in_all - 1)), value, NULL))
    );

-- The most frequent item of a list, the first in order of those that are; NULLs do not count.
CREATE MACRO lake.most_frequent(items) AS list_mode(list_sort(items));

-- What is in a list, once each; NULLs are not, and of no list nothing is.
CREATE MACRO lake.distinct_sorted(items) AS list_sort(list_distinct(coalesce(items, [])));

-- How many of the spans that failed did not fail because one below them had; in a circle, one.
CREATE MACRO lake.error_count(failed, parents_of_failed) AS
    CASE WHEN failed IS NULL THEN 0
    ELSE greatest(1, len(list_distinct(failed)) - len(list_intersect(failed, parents_of_failed)))
    END;

-- Attributes with the texts that text columns hold for them put back. The digit in `types` is the
-- place of the text in `texts`. Types that start with = are not one a key, and have no digits.
CREATE MACRO lake.restored_attributes(attributes, types, texts) AS
    CASE WHEN regexp_matches(types, '^[a-z]*[0-9]') THEN
        map_from_entries(list_transform(
            map_entries(attributes),
            lambda entry, place: struct_pack(
                key := entry.key,
                value := coalesce(entry.value, texts[try_cast(types[place] AS INTEGER) + 1])
            )
        ))
    ELSE attributes END;

CREATE MACRO lake.restored_types(types) AS
    CASE WHEN starts_with(types, '=') THEN types ELSE regexp_replace(types, '[0-9]', 's', 'g') END;

-- The OpenTelemetry GenAI messages of one role in a JSON text; what has another shape is NULL.
CREATE MACRO lake.messages_of(messages, role) AS
    list_filter(
        from_json(
            try_cast(messages AS JSON),
            '[{
                "role": "VARCHAR",
                "content": "JSON",
                "parts": [{"type": "VARCHAR", "content": "JSON"}]
            }]'
        ),
        lambda message: message.role = role
    );

-- A text that is not empty. As `nullif` it would be planned twice, and so would all that is in it.
CREATE MACRO lake.not_empty(text) AS list_filter([text], lambda each: each != '')[1];

-- The text parts of a message, or its content where that is a text.
CREATE MACRO lake.message_text(message) AS
    CASE WHEN json_type(message.content) = 'VARCHAR' THEN message.content ->> '$'
    ELSE lake.not_empty(array_to_string(list_transform(
        list_filter(
            message.parts,
            lambda part: part.type = 'text' AND json_type(part.content) = 'VARCHAR'
        ),
        lambda part: part.content ->> '$'
    ), chr(10))) END;

CREATE MACRO lake.last_user_text(messages) AS
    list_transform(
        lake.messages_of(messages, 'user')[-1:],
        lambda message: lake.message_text(message)
    )[1];

CREATE MACRO lake.assistant_text(messages) AS
    lake.not_empty(array_to_string(list_transform(
        lake.messages_of(messages, 'assistant'),
        lambda message: lake.message_text(message)
    ), chr(10)));

-- The evaluations that a span carries, as CANONICAL in semconv.columns has them.
CREATE MACRO lake.evaluations(evaluations) AS
    from_json(
        try_cast(evaluations AS JSON),
        '[{
            "target": "VARCHAR",
            "name": "VARCHAR",
            "score": "DOUBLE",
            "label": "VARCHAR",
            "explanation": "VARCHAR",
            "annotator_kind": "VARCHAR",
            "identifier": "VARCHAR",
            "metadata": "MAP(VARCHAR, VARCHAR)",
            "time_ns": "BIGINT",
            "error_type": "VARCHAR"
        }]'
    );

-- What a person reads of a span. An empty text says that nothing was said, whatever else is there.
CREATE MACRO lake.input_text(input, tool_arguments, input_messages) AS
    lake.not_empty(coalesce(input, tool_arguments, lake.last_user_text(input_messages)));

CREATE MACRO lake.output_text(output, tool_result, output_messages) AS
    lake.not_empty(coalesce(output, tool_result, lake.assistant_text(output_messages)));

-- Aggregates over the log records of a span. What was said at one time is sorted by itself.
CREATE MACRO lake.last_said(text, said_at) AS arg_max(text, row(said_at, text));

-- What stands between the brackets of a JSON list; what is no list is NULL.
CREATE MACRO lake.list_items(text) AS
    CASE WHEN starts_with(text, '[') AND ends_with(text, ']') THEN text[2:-2] END;

-- The last record that tells the whole of the call, else the messages that others tell one by one,
-- as one list in the order they were said; a message that came twice is in it once.
CREATE MACRO lake.said_messages(messages, content_kind, said_at) AS
    coalesce(
        arg_max(messages, row(said_at, messages)) FILTER (content_kind = 'whole'),
        '[' || array_to_string(list_transform(
            list_sort(list_distinct(
                list(struct_pack(said_at := said_at, items := lake.list_items(messages)))
                    FILTER (content_kind = 'part' AND lake.list_items(messages) != '')
            )),
            lambda part: part.items
        ), ',') || ']'
    );
