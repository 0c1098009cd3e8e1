"""Which queries of model calls are spared looking for what was said in them."""

from pathlib import Path

import pytest
from rows import Row, span, write

from spanlake.storage.call_texts import reads_no_texts
from spanlake.storage.lake import Lake

WITHOUT = (
    "SELECT model, count(*), sum(cost_usd) FROM llm_calls GROUP BY ALL",
    "SELECT call.model FROM llm_calls AS call JOIN traces USING (trace_id) WHERE cost_usd > 1",
    "WITH dear AS (SELECT trace_id FROM llm_calls WHERE cost_usd > 1) SELECT trace_id FROM dear",
    "SELECT trace_id FROM traces WHERE trace_id IN (SELECT trace_id FROM main.LLM_Calls)",
)
WITH = (
    "FROM llm_calls",
    "SELECT * FROM llm_calls",
    "SELECT call.* EXCLUDE (model) FROM llm_calls AS call",
    "SELECT COLUMNS('.*put') FROM llm_calls",
    "SELECT Input FROM llm_calls",
    "SELECT model FROM llm_calls WHERE contains(output, 'refund')",
    "SELECT model FROM llm_calls ORDER BY length(output_messages::VARCHAR)",
    "SELECT count(*) FROM llm_calls JOIN spans USING (trace_id, input)",
    "SELECT count(*) FROM llm_calls NATURAL JOIN spans",
    "SELECT llm_calls FROM llm_calls",
    "SELECT to_json(call) FROM llm_calls AS call",
    "SELECT model FROM (FROM llm_calls)",
    "SUMMARIZE llm_calls",
    "DESCRIBE llm_calls",
    "PIVOT llm_calls ON model USING count(*)",
    "CREATE TABLE calls AS SELECT model FROM llm_calls",
    "SELECT length FROM view_of_mine, llm_calls",
    "SELECT model FROM llm_calls WHERE",
)


@pytest.mark.parametrize("query", WITHOUT)
def test_queries_without_texts(query: str) -> None:
    """A query that names columns, and none that is a text, needs no text."""
    assert reads_no_texts(query)


@pytest.mark.parametrize("query", WITH)
def test_queries_that_may_see_texts(query: str) -> None:
    """Whatever may show a text of a call, or cannot be read, has the texts."""
    assert not reads_no_texts(query)


def test_answers_are_the_same(tmp_path: Path) -> None:
    """Calls are the same with and without their texts, which later queries see again."""
    said: Row = {"span_type": "LLM", "input_tokens": 3, "input": "how?", "output": "so"}
    write(tmp_path, *({**span(f"{n:016x}", model=f"m{n}"), **said} for n in range(3)))
    numbers = "SELECT trace_id, span_id, model, input_tokens FROM "
    with Lake(tmp_path) as lake:
        before = lake.sql("SELECT input, output FROM llm_calls")
        without = lake.sql(f"{numbers} llm_calls ORDER BY ALL").fetchall()
        assert without == lake.sql(f"{numbers} (FROM llm_calls) ORDER BY ALL").fetchall()
        assert [row[2:] for row in without] == [("m0", 3), ("m1", 3), ("m2", 3)]
        assert before.fetchall() == [("how?", "so")] * 3


def test_the_schema_in_use_stays(tmp_path: Path) -> None:
    """A schema that the user has chosen is still the one in use after a query without texts."""
    write(tmp_path, span("a" * 16, span_type="LLM", input_tokens=3))
    with Lake(tmp_path) as lake:
        lake.sql("CREATE SCHEMA mine")
        lake.sql("USE mine")
        assert lake.sql("SELECT count(*) FROM llm_calls").fetchall() == [(1,)]
        assert lake.sql("SELECT current_schema()").fetchall() == [("mine",)]
