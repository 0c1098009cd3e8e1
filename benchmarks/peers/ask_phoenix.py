"""The five questions for Phoenix, by its Python client."""

from collections.abc import Callable, Mapping
from typing import Any

import five_questions
import pandas as pd
from phoenix.client import Client  # type: ignore[import-not-found]  # of Phoenix's own environment
from phoenix.client.types.spans import SpanQuery  # type: ignore[import-not-found]  # the same


def questions(url: str) -> Mapping[str, Callable[[], int]]:
    """Each answers how many things it found."""
    spans = Client(base_url=url).spans

    def frame(query: Any = None, **asked: Any) -> Any:  # noqa: ANN401  # a frame of pandas
        asked = {"limit": 100, "project_identifier": "default", "timeout": 300} | asked
        return spans.get_spans_dataframe(query=query, **asked)

    def where(condition: str) -> Any:  # noqa: ANN401  # a query
        return SpanQuery().where(condition)

    def per_model() -> int:
        """Its API aggregates nothing by model and hour, so the columns are fetched."""
        columns = (
            SpanQuery()
            .where("span_kind == 'LLM'")
            .select("llm.model_name", "llm.token_count.total", "start_time", "end_time")
        )
        rows = frame(columns, limit=1_000_000)
        began, ended = (pd.to_datetime(rows[name], utc=True) for name in ("start_time", "end_time"))
        rows["hour"] = began.dt.floor("h")
        rows["ms"] = (ended - began).dt.total_seconds() * 1000
        return len(rows.groupby(["llm.model_name", "hour"])["ms"].quantile(0.95))

    one = frame(root_spans_only=True, limit=1)["context.trace_id"].iloc[0]
    return {
        "newest 100 traces": lambda: len(frame(root_spans_only=True)),
        "one trace with its spans": lambda: len(
            spans.get_spans(project_identifier="default", trace_ids=[one])
        ),
        "newest 100 traces with an error": lambda: len(
            frame(where("status_code == 'ERROR'"), root_spans_only=True)
        ),
        "a text in any span's input": lambda: len(frame(where("'zuza' in input.value"))),
        "p95 latency and tokens per model and hour": per_model,
    }


if __name__ == "__main__":
    five_questions.main(questions)
