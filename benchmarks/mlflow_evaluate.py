"""MLflow's evaluate on prepared rows with two trivial scorers; prints what it took.

    python benchmarks/mlflow_evaluate.py ROWS

For an environment of its own, as MLflow wants other versions of libraries than Spanlake does;
`evaluation.py` runs it there. Ten rows go before, so that nothing is loaded while the clock runs.
"""

import logging
import os
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

_WARM_UP = 10


def main() -> None:
    """Evaluate in a store of SQLite, as `mlflow server` has by default."""
    folder = Path(tempfile.mkdtemp())
    os.environ["MLFLOW_GENAI_EVAL_SKIP_TRACE_VALIDATION"] = "true"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # With its own pool of connections 3.17.2 waits for one for ever.
    os.environ["MLFLOW_SQLALCHEMYSTORE_POOL_SIZE"] = "64"
    mlflow = import_module("mlflow")
    scorer = import_module("mlflow.genai.scorers").scorer
    evaluate = import_module("mlflow.genai").evaluate
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("benchmark", artifact_location=str(folder / "artifacts"))
    mlflow.set_experiment("benchmark")

    @scorer  # type: ignore[untyped-decorator]  # MLflow is not installed here
    def exact(outputs: str, expectations: dict[str, str]) -> bool:
        return outputs == expectations["expected_response"]

    @scorer  # type: ignore[untyped-decorator]  # as above
    def length(outputs: str) -> int:
        return len(outputs)

    rows = [
        {
            "inputs": {"question": f"What is {number}?"},
            "outputs": f"It is {number}.",
            "expectations": {"expected_response": f"It is {number - number % 7}."},
        }
        for number in range(int(sys.argv[1]))
    ]
    evaluate(data=rows[:_WARM_UP], scorers=[exact, length])
    began, cpu = time.perf_counter(), time.process_time()
    evaluate(data=rows, scorers=[exact, length])
    spent = f"seconds={time.perf_counter() - began:.3f} cpu={time.process_time() - cpu:.3f}"
    print(f"{spent} version={mlflow.__version__}")


if __name__ == "__main__":
    main()
