-- What several views need. Nothing here fails on any value: what cannot be read is NULL.

CREATE SCHEMA lake;

-- The same types as MODEL_CALLS in semconv.columns.
CREATE MACRO lake.is_model_call(span_type) AS
    coalesce(span_type IN ('LLM', 'EMBEDDING', 'RERANKER'), false);

-- HUGEINT, because the difference of two hostile times does not fit 64 bits. Zero is no time.
CREATE MACRO lake.duration_ms(start_ns, end_ns) AS
    CASE WHEN start_ns = 0 THEN 0 ELSE greatest(0, end_ns::HUGEINT - start_ns) / 1e6 END;

-- The most frequent item of a list, the first in order of those that are; NULLs do not count.
CREATE MACRO lake.most_frequent(items) AS list_mode(list_sort(items));

-- What is in a list, once each; NULLs are not, and of no list nothing is.
CREATE MACRO lake.distinct_sorted(items) AS list_sort(list_distinct(coalesce(items, [])));

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

-- The text parts of a message, or its content where that is a text.
CREATE MACRO lake.message_text(message) AS
    CASE WHEN json_type(message.content) = 'VARCHAR' THEN message.content ->> '$'
    ELSE nullif(array_to_string(list_transform(
        list_filter(
            message.parts,
            lambda part: part.type = 'text' AND json_type(part.content) = 'VARCHAR'
        ),
        lambda part: part.content ->> '$'
    ), chr(10)), '') END;

CREATE MACRO lake.last_user_text(messages) AS
    list_transform(
        lake.messages_of(messages, 'user')[-1:],
        lambda message: lake.message_text(message)
    )[1];

CREATE MACRO lake.assistant_text(messages) AS
    nullif(array_to_string(list_transform(
        lake.messages_of(messages, 'assistant'),
        lambda message: lake.message_text(message)
    ), chr(10)), '');

-- What a person reads of a span.
CREATE MACRO lake.input_text(input, tool_arguments, input_messages) AS
    coalesce(input, tool_arguments, lake.last_user_text(input_messages));

CREATE MACRO lake.output_text(output, tool_result, output_messages) AS
    coalesce(output, tool_result, lake.assistant_text(output_messages));
