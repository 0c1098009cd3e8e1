SELECT *, $generation::BIGINT AS generation
FROM (SELECT DISTINCT trace_id, response_id FROM live.span_facts WHERE response_id != '')
