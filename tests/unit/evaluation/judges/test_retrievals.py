import pytest
from judged import NO, YES, captured, deciding, given, told

from spanlake.entities import Feedback, Span, Trace
from spanlake.evaluation.scorers import ScorerError
from spanlake.evaluation.scorers.judges import (
    RetrievalGroundedness,
    RetrievalRelevance,
    RetrievalSufficiency,
)
from spanlake.testing import OfflineModel


def retriever(span_id: str, *texts: str, parent: str | None = None, name: str = "search") -> Span:
    documents = [{"id": f"{span_id}-{n}", "content": text} for n, text in enumerate(texts)]
    return Span(
        trace_id="a",
        span_id=span_id,
        parent_span_id=parent,
        name=name,
        span_type="RETRIEVER",
        documents=documents,
    )


def trace(*spans: Span) -> Trace:
    return Trace(trace_id="a", input="capital of France?", output="Paris", spans=spans)


def test_each_document_is_judged_and_the_share_is_told() -> None:
    """One feedback a document, about its retriever's span, and the precision of each retriever."""
    model = OfflineModel(deciding(document="Paris"))
    found: list[Feedback] = RetrievalRelevance(model=model)(
        trace=trace(retriever("1", "Paris is it", "Rome"), retriever("2", "Paris", "Paris!"))
    )
    assert [(each.span_id, each.name, each.value) for each in found] == [
        ("1", "retrieval_relevance", "yes"),
        ("1", "retrieval_relevance", "no"),
        ("1", "retrieval_relevance/precision", 0.5),
        ("2", "retrieval_relevance", "yes"),
        ("2", "retrieval_relevance", "yes"),
        ("2", "retrieval_relevance/precision", 1.0),
    ]
    assert [each.metadata.get("document_index") for each in found[:3]] == ["0", "1", None]
    assert "id: 1-0" in told(model.requests[0])


def test_a_retriever_without_documents_has_no_precision() -> None:
    """Nothing found is nothing to judge, and no call."""
    model = OfflineModel(YES)
    (precision,) = RetrievalRelevance(model=model)(trace=trace(retriever("1")))
    assert precision.value is None
    assert model.requests == []


def test_the_share_is_not_told_where_a_document_could_not_be_judged() -> None:
    """A share of some of the documents would look like one of all."""
    model = OfflineModel([YES, "nonsense"])
    *_, precision = RetrievalRelevance(model=model)(trace=trace(retriever("1", "a", "b")))
    assert precision.name == "retrieval_relevance/precision"
    assert precision.error is not None


def test_a_retriever_within_a_retriever_is_a_part_of_it() -> None:
    """What a framework reports twice is judged once; a name chooses among retrievers."""
    spans = (
        retriever("1", "Paris"),
        Span(trace_id="a", span_id="2", parent_span_id="1"),
        retriever("3", "Paris", parent="2", name="inner"),
    )
    judge = RetrievalGroundedness(model=OfflineModel(YES))
    assert [each.span_id for each in judge(trace=trace(*spans))] == ["1"]
    inner = RetrievalGroundedness(model=OfflineModel(YES), retriever="inner")
    assert [each.span_id for each in inner(trace=trace(*spans))] == ["3"]


def test_groundedness_is_judged_by_all_documents_together() -> None:
    """The model sees request, response and every document of the retriever."""
    model = OfflineModel(deciding(context="Paris"))
    judge = RetrievalGroundedness(model=model)
    feedback: list[Feedback] = judge(
        trace=trace(retriever("1", "Rome", "Paris"), retriever("2", "Rome"))
    )
    assert [(each.span_id, each.value) for each in feedback] == [("1", "yes"), ("2", "no")]
    assert list(given(model)) == ["request", "response", "context"]


def test_sufficiency_is_judged_by_what_was_expected() -> None:
    """It needs facts or a response, and says so before it asks."""
    model = OfflineModel(NO)
    judge = RetrievalSufficiency(model=model)
    (feedback,) = judge(trace=trace(retriever("1")), expectations={"expected_facts": ["Paris"]})
    assert feedback.value == "no"
    assert given(model)["expected_facts"] == "- Paris"
    assert given(model)["context"] == "(no document was found)"
    with pytest.raises(ScorerError, match="expected_response"):
        judge(trace=trace(retriever("1")))


def test_a_trace_without_a_retriever_is_told() -> None:
    """A judge of retrieval has nothing to judge there."""
    for each in (trace(), None):
        with pytest.raises(ScorerError) as caught:
            RetrievalGroundedness(model=OfflineModel(YES))(inputs="a", outputs="b", trace=each)
        assert caught.value.error_code == "MISSING_RETRIEVER"


@pytest.mark.parametrize(
    ("folder", "scenario"),
    [("manual-otel-http", "rag_retrieval"), ("haystack-native-otel", "rag")],
)
def test_captured_retrievals_are_judged(folder: str, scenario: str) -> None:
    """What real instrumentors send of documents reaches the model, each document by itself."""
    (stored,) = captured(folder, scenario)
    documents = [
        document
        for span in stored.search_spans(span_type="RETRIEVER")
        for document in span.documents
    ]
    model = OfflineModel(YES)
    found: list[Feedback] = RetrievalRelevance(model=model)(trace=stored)
    assert documents
    assert sum(each.value == "yes" for each in found) == len(documents) == len(model.requests)
    for document in documents:
        shown = [given(model, number)["document"] for number in range(len(documents))]
        assert any(document["content"] in text for text in shown)
