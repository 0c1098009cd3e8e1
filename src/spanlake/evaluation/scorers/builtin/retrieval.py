"""How well retrievers found what they should have found."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from spanlake.entities import Feedback, Trace
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import INVALID_EXPECTATION, expected
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import Scorer

_IDENTITIES = ("id", "doc_uri", "document_id", "chunk_id")
_GAINS = ("relevance", "gain", "score")


class _RetrievalScorer(Scorer):
    """Compares the ids of retrieved documents with those of the expectation.

    That is a list of ids, or of objects with an id and a relevance, or an object of the relevance
    by id; without a relevance a document is relevant, with 0 it is not. The documents are those
    of all RETRIEVER spans in the order they ran, each document once. retriever: the name of the
    spans, if not all count. k: only the first k documents count.
    """

    k: int | None = None
    retriever: str | None = None
    expectation: str = "expected_document_ids"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.k is not None and (isinstance(self.k, bool) or self.k < 1):
            raise UserError(f"k of the scorer {self.name} is {self.k}: must be 1 or more")

    def __call__(self, *, trace: Trace, expectations: Mapping[str, Any]) -> Feedback:
        """The measure; nothing where no document was expected."""
        relevance = _relevance(expected(expectations, self.expectation), self.expectation)
        relevant = {identity: gain for identity, gain in relevance.items() if gain > 0}
        if not relevant:
            return self.feedback(rationale="no document is expected")
        found = self._documents(trace)[: self.k]
        hits = sum(identity in relevant for identity in found)
        return self.feedback(
            value=self._measure(found, relevant),
            rationale=f"{hits} of {len(relevant)} relevant documents among {len(found)} retrieved",
        )

    def _measure(self, found: Sequence[str], relevant: Mapping[str, float]) -> float:
        raise NotImplementedError

    def _documents(self, trace: Trace) -> list[str]:
        spans = trace.search_spans(span_type="RETRIEVER", name=self.retriever)
        if not spans:
            named = f" named {self.retriever}" if self.retriever else ""
            raise ScorerError(f"the trace has no RETRIEVER span{named}", "MISSING_RETRIEVER")
        spans.sort(key=lambda span: span.start_time_ns or 0)
        documents = [each for span in spans for each in _listed(span.documents)]
        identities = (_identity(document, at) for at, document in enumerate(documents))
        return list(dict.fromkeys(identities))


class RetrievalPrecision(_RetrievalScorer):
    """The share of the retrieved documents that are relevant; with k, of the k there could be."""

    def _measure(self, found: Sequence[str], relevant: Mapping[str, float]) -> float:
        wanted = self.k or len(found)
        return sum(identity in relevant for identity in found) / wanted if wanted else 0.0


class RetrievalRecall(_RetrievalScorer):
    """The share of the relevant documents that were retrieved."""

    def _measure(self, found: Sequence[str], relevant: Mapping[str, float]) -> float:
        return sum(identity in relevant for identity in found) / len(relevant)


class RetrievalNDCG(_RetrievalScorer):
    """Normalised discounted cumulative gain: whether the most relevant documents come first.

    The gain of a document is its relevance, divided by the logarithm to base 2 of one more than
    its place; the sum is divided by that of the best order there could be.
    """

    def _measure(self, found: Sequence[str], relevant: Mapping[str, float]) -> float:
        gains = [relevant.get(identity, 0.0) for identity in found]
        ideal = sorted(relevant.values(), reverse=True)[: self.k]
        return _discounted(gains) / _discounted(ideal)


def _listed(documents: object) -> Sequence[object]:
    return documents if isinstance(documents, list | tuple) else ()


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))


def _identity(document: object, position: int) -> str:
    """The id of a document, or of its metadata; one without is a document of its own."""
    held = document if isinstance(document, Mapping) else {}
    metadata = held.get("metadata")
    for source in (held, metadata if isinstance(metadata, Mapping) else {}):
        for key in _IDENTITIES:
            if source.get(key) not in (None, ""):
                return str(source[key])
    return f"\0{position}"


def _relevance(value: object, name: str) -> dict[str, float]:
    if isinstance(value, Mapping):
        return {str(identity): _gain(gain, name) for identity, gain in value.items()}
    if not isinstance(value, list | tuple):
        raise ScorerError(f"the expectation {name} is no list of document ids", INVALID_EXPECTATION)
    relevance: dict[str, float] = {}
    for at, each in enumerate(value):
        if isinstance(each, Mapping):
            gain = next((each[key] for key in _GAINS if each.get(key) is not None), 1)
            relevance[_identity(each, at)] = _gain(gain, name)
        else:
            relevance[str(each)] = 1.0
    return relevance


def _gain(value: object, name: str) -> float:
    if isinstance(value, int | float) and math.isfinite(value) and value >= 0:
        return float(value)
    raise ScorerError(
        f"the expectation {name} has the relevance {value!r}: must be a number, 0 or more",
        INVALID_EXPECTATION,
    )
