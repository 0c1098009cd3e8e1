"""The five questions for MLflow, by its Python client."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import five_questions
import mlflow  # type: ignore[import-not-found]  # of MLflow's own environment


def questions(url: str) -> Mapping[str, Callable[[], int]]:
    """Each answers how many things it found."""
    warnings.simplefilter("ignore")
    mlflow.set_tracking_uri(url)

    def search(**asked: Any) -> Any:  # noqa: ANN401  # a list of traces
        return mlflow.search_traces(
            experiment_ids=["0"], return_type="list", **({"max_results": 100} | asked)
        )

    def per_model() -> int:
        """Its metrics have no model as a dimension of latency, so the spans are fetched."""
        rows: dict[tuple[str, int], list[int]] = {}
        for trace in search(max_results=100_000):
            for span in trace.data.spans:
                model = span.attributes.get("gen_ai.request.model")
                if model:
                    hour = span.start_time_ns // 3_600_000_000_000
                    rows.setdefault((model, hour), []).append(span.end_time_ns - span.start_time_ns)
        return len({key: sorted(of)[int(0.95 * len(of))] for key, of in rows.items()})

    one = search(max_results=1, include_spans=False)[0].info.trace_id
    return {
        "newest 100 traces": lambda: len(search(include_spans=False)),
        "one trace with its spans": lambda: len(mlflow.get_trace(one).data.spans),
        "newest 100 traces with an error": lambda: len(
            search(filter_string="trace.status = 'ERROR'", include_spans=False)
        ),
        "a text in any span's input": lambda: len(
            search(filter_string="span.attributes.`input.value` LIKE '%zuza%'", include_spans=False)
        ),
        "p95 latency and tokens per model and hour": per_model,
    }


if __name__ == "__main__":
    five_questions.main(questions)
