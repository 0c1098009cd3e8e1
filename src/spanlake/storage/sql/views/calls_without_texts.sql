-- The same for a query that asks for no text, and is spared both joins.
CREATE SCHEMA IF NOT EXISTS without_texts;
CREATE OR REPLACE VIEW without_texts.llm_calls AS
SELECT
    * EXCLUDE (wrapper_id, request_params),
    try_cast(request_params AS JSON) AS request_params
FROM lake.calls;
