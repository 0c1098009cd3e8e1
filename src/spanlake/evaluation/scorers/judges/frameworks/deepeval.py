"""Metrics of DeepEval as scorers."""

from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar

from spanlake.evaluation.scorers.builtin.given import text_of
from spanlake.evaluation.scorers.builtin.tool_call import calls_made, expected_calls
from spanlake.evaluation.scorers.judges.base import Turn
from spanlake.evaluation.scorers.judges.frameworks.bridge import Generator, framework
from spanlake.evaluation.scorers.judges.frameworks.metric import FrameworkMetric, Measurement
from spanlake.evaluation.scorers.judges.responses import EXPECTED_RESPONSE
from spanlake.evaluation.scorers.judges.retrievals import found_documents
from spanlake.evaluation.scorers.judges.tool_use import EXPECTED_CALLS


class DeepEvalMetric(FrameworkMetric):
    """A metric of DeepEval, by the name of its class; its score is the value.

        DeepEvalMetric(metric="FaithfulnessMetric", parameters={"threshold": 0.7})

    parameters: of the metric. What it needs it takes from inputs, outputs, `expected_response`,
    `context` and `expected_tool_calls` among the expectations, and the documents and tool calls of
    the trace. A value passes as the metric says by its threshold.
    """

    framework: ClassVar[str] = "deepeval"
    title: ClassVar[str] = "DeepEval"
    module: ClassVar[str] = "deepeval.metrics"
    suffix: ClassVar[str] = "Metric"

    def _measuring(self, generator: Generator, turn: Turn) -> Awaitable[Measurement]:
        metric, case = self._made(generator), _test_case(turn)

        async def measure() -> Measurement:
            await metric.a_measure(case, _show_indicator=False)
            return Measurement(metric.score, metric.reason)

        return measure()

    def passes(self, value: Any) -> bool | None:  # noqa: ANN401  # any JSON
        """Whether the metric takes a score for a success, unless pass_if says it."""
        if self.pass_if is not None or not isinstance(value, int | float):
            return super().passes(value)
        metric = self._made(None)
        metric.score, metric.error = value, None
        return bool(metric.is_successful())

    def _made(self, generator: Generator | None) -> Any:  # noqa: ANN401  # a metric of DeepEval
        from spanlake.evaluation.scorers.judges.frameworks.deepeval_model import DeepEvalModel

        return self._kind()(model=DeepEvalModel(generator), **self.parameters)


def _test_case(turn: Turn) -> Any:  # noqa: ANN401  # a test case of DeepEval
    cases = framework("deepeval", "deepeval.test_case")
    expectations = turn.expectations
    given = {
        "input": text_of(turn.asked),
        "actual_output": text_of(turn.said),
        "expected_output": expectations.get(EXPECTED_RESPONSE),
        "context": expectations.get("context"),
        "retrieval_context": found_documents(turn.trace),
        "tools_called": [
            cases.ToolCall(name=call.name, input_parameters=_arguments(call.arguments))
            for call in calls_made(turn.trace, turn.response)
        ]
        or None,
    }
    if expectations.get(EXPECTED_CALLS) is not None:
        given["expected_tools"] = [
            cases.ToolCall(name=call.name, input_parameters=_arguments(call.arguments))
            for call in expected_calls(expectations, EXPECTED_CALLS)
        ]
    return cases.LLMTestCase(**{name: value for name, value in given.items() if value is not None})


def _arguments(arguments: Any) -> dict[str, Any] | None:  # noqa: ANN401  # any JSON
    return dict(arguments) if isinstance(arguments, Mapping) else None
