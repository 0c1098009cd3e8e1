"""The five questions for Spanlake, over its HTTP API."""

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import five_questions

_PER_MODEL = """
SELECT model, date_trunc('hour', start_time) AS hour,
       quantile_cont(duration_ms, 0.95) AS p95_ms, sum(total_tokens) AS tokens
FROM spans WHERE span_type = 'LLM' GROUP BY ALL
"""


def questions(url: str) -> Mapping[str, Callable[[], int]]:
    """Each answers how many things it found."""

    def get(path: str, **asked: object) -> Any:  # noqa: ANN401  # JSON
        query = urllib.parse.urlencode(asked)
        with urllib.request.urlopen(f"{url}{path}?{query}", timeout=120) as answer:  # noqa: S310  # http
            return json.load(answer)

    def sql(text: str) -> list[Any]:
        body = json.dumps({"query": text}).encode()
        request = urllib.request.Request(  # noqa: S310  # http
            f"{url}/api/v1/sql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310  # http
            rows: list[Any] = json.load(answer)
            return rows

    def traces(**asked: object) -> list[Any]:
        rows: list[Any] = get("/api/v1/traces", limit=100, **asked)["traces"]
        return rows

    one = traces()[0]["trace_id"]
    return {
        "newest 100 traces": lambda: len(traces()),
        "one trace with its spans": lambda: len(get(f"/api/v1/traces/{one}")["spans"]),
        "newest 100 traces with an error": lambda: len(traces(filter="error_count > 0")),
        "a text in any span's input": lambda: len(
            sql("SELECT span_id FROM spans WHERE contains(input, 'zuza') LIMIT 100")
        ),
        "p95 latency and tokens per model and hour": lambda: len(sql(_PER_MODEL)),
    }


if __name__ == "__main__":
    five_questions.main(questions)
