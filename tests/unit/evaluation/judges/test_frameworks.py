"""Where DeepEval and RAGAS are installed: they are extras, and large."""

import importlib.util
import json

import pytest
from judged import turn

from spanlake.entities import Span
from spanlake.errors import UserError
from spanlake.evaluation.models.message import JsonObject
from spanlake.evaluation.models.port import ModelPort, use_port
from spanlake.evaluation.scorers import ScorerError
from spanlake.evaluation.scorers.judges.frameworks.deepeval import DeepEvalMetric
from spanlake.evaluation.scorers.judges.frameworks.ragas import RagasMetric
from spanlake.testing import ChatRequest, Fault, OfflineModel

pytestmark = pytest.mark.filterwarnings("ignore")  # the frameworks use what others deprecated

SEARCH = Span(
    trace_id="a",
    span_id="1",
    span_type="RETRIEVER",
    documents=[{"id": "1", "content": "Paris is the capital of France."}],
)
ASKED = turn("What is the capital of France?", "Paris.", SEARCH)


def needs(package: str) -> pytest.MarkDecorator:
    is_there = importlib.util.find_spec(package) is not None
    return pytest.mark.skipif(not is_there, reason=f"{package} is not installed")


def willing(request: ChatRequest) -> str:
    """A model that answers whatever schema it is given, with yes wherever it can."""
    assert request.response_schema is not None
    schema = request.response_schema.schema
    return json.dumps(_filled(schema, schema.get("$defs", {})))


def _filled(schema: JsonObject, definitions: JsonObject) -> object:
    if "$ref" in schema:
        return _filled(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    match schema:
        case {"anyOf": [first, *_]}:
            return _filled(first, definitions)
        case {"enum": [first, *_]}:
            return first
        case {"type": "object", "properties": dict(properties)}:
            return {name: _filled(each, definitions) for name, each in properties.items()}
        case {"type": "array", "items": dict(items)}:
            return [_filled(items, definitions)]
        case {"type": "integer" | "number"}:
            return 1
        case {"type": "boolean"}:
            return True
    return "yes"


@needs("deepeval")
@pytest.mark.parametrize("metric", ["AnswerRelevancyMetric", "FaithfulnessMetric", "BiasMetric"])
def test_a_metric_of_deepeval_is_a_scorer(metric: str) -> None:
    """Its score is the value, its reason the rationale, and its calls go through the port."""
    with use_port(ModelPort()) as port:
        model = OfflineModel(willing)
        scorer = DeepEvalMetric(metric=metric, model=model)
        feedback = scorer(trace=ASKED)
    assert feedback.error is None
    assert 0 <= feedback.value <= 1
    assert feedback.rationale
    assert (scorer.passes(1.0), scorer.passes(0.0)) == (True, False)
    assert feedback.metadata["judge_model"] == "offline:/double"
    assert port.spending.calls == len(model.requests) > 0


@needs("ragas")
@pytest.mark.parametrize("metric", ["Faithfulness", "ContextPrecision", "ExactMatch"])
def test_a_metric_of_ragas_is_a_scorer(metric: str) -> None:
    """Its score is the value, and its calls, if it makes any, go through the port."""
    with use_port(ModelPort()) as port:
        model = OfflineModel(willing)
        scorer = RagasMetric(metric=metric, model=model)
        feedback = scorer(trace=ASKED, expectations={"expected_response": "Paris."})
    assert feedback.error is None
    assert feedback.value == pytest.approx(1.0)
    assert port.spending.calls == len(model.requests)
    assert bool(model.requests) == (metric != "ExactMatch")


@needs("ragas")
def test_what_a_metric_of_ragas_lacks_is_told() -> None:
    """A reference, embeddings or a name that is not there is named."""
    with pytest.raises(ScorerError, match="reference"):
        RagasMetric(metric="ContextPrecision", model=OfflineModel())(trace=ASKED)
    with pytest.raises(UserError, match="embeddings"):
        RagasMetric(metric="AnswerRelevancy", model=OfflineModel())
    with pytest.raises(UserError, match="Faithfulness"):
        RagasMetric(metric="Faithfullness", model=OfflineModel())


@needs("ragas")
@needs("deepeval")
def test_a_model_that_fails_is_an_error_in_the_feedback_of_a_metric() -> None:
    """What stops a judge of ours stops a metric of others, with the same code."""
    for kind, metric in ((RagasMetric, "Faithfulness"), (DeepEvalMetric, "FaithfulnessMetric")):
        feedback = kind(metric=metric, model=OfflineModel(Fault(401)))(trace=ASKED)
        assert feedback.error is not None
        assert feedback.error.error_code == "MODEL_ACCESS_DENIED"


def test_a_framework_that_is_not_installed_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error names the extra."""
    monkeypatch.setitem(__import__("sys").modules, "deepeval.metrics", None)
    with pytest.raises(UserError, match=r"spanlake\[deepeval\]"):
        DeepEvalMetric(metric="BiasMetric")
