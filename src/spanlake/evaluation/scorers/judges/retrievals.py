"""Judges of retrieval: whether what was found is relevant, enough, and what the response says."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from spanlake.entities import Feedback, Span, Trace
from spanlake.evaluation.scorers.builtin.given import text_of
from spanlake.evaluation.scorers.judges.base import Turn, TurnJudge
from spanlake.evaluation.scorers.judges.responses import wanted
from spanlake.evaluation.scorers.outcome import ScorerError

MISSING_RETRIEVER = "MISSING_RETRIEVER"
NO_DOCUMENTS = "(no document was found)"


class _RetrievalJudge(TurnJudge):
    """Judges what the RETRIEVER spans of a trace found; a retriever within one is a part of it.

    retriever: the name of the spans, if not all count. One feedback for each span.
    """

    retriever: str | None = None

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "outputs", "trace"})
    needed: ClassVar[frozenset[str]] = frozenset({"trace"})

    async def _judge(self, turn: Turn) -> list[Feedback]:
        spans = [] if turn.trace is None else _retrievers(turn.trace, self.retriever)
        if not spans:
            named = f" named {self.retriever}" if self.retriever else ""
            raise ScorerError(f"the trace has no RETRIEVER span{named}", MISSING_RETRIEVER)
        of_spans = await asyncio.gather(*(self._judge_span(turn, span) for span in spans))
        return [feedback for of_span in of_spans for feedback in of_span]

    async def _judge_span(self, turn: Turn, span: Span) -> list[Feedback]:
        raise NotImplementedError

    async def _judge_context(self, span: Span, material: Mapping[str, Any]) -> list[Feedback]:
        """Judge all documents of a span together, by the one rubric there is."""
        context = "\n\n".join(_documents(span)) or NO_DOCUMENTS
        (rubric_name,) = self.rubrics
        verdict = await self._by(rubric_name, {**material, "context": context}, self.name)
        return [replace(verdict, span_id=span.span_id)]


class RetrievalRelevance(_RetrievalJudge):
    """Whether each document helps to answer: yes or no for each, and the share that does.

    The share is a feedback `<name>/precision` for each retriever; all are about its span.
    """

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "trace"})
    rubrics: ClassVar[tuple[str, ...]] = ("retrieval_relevance",)

    async def _judge_span(self, turn: Turn, span: Span) -> list[Feedback]:
        verdicts = await asyncio.gather(
            *(
                self._judge_document(turn, span, position, document)
                for position, document in enumerate(_documents(span))
            )
        )
        return [*verdicts, self._precision(span, verdicts)]

    async def _judge_document(
        self, turn: Turn, span: Span, position: int, document: str
    ) -> Feedback:
        material = {"request": turn.asked, "document": document}
        verdict = await self._by("retrieval_relevance", material, self.name)
        metadata = {**verdict.metadata, "document_index": str(position)}
        return replace(verdict, span_id=span.span_id, metadata=metadata)

    def _precision(self, span: Span, verdicts: Sequence[Feedback]) -> Feedback:
        """The share of the documents that were judged; an error if one could not be."""
        name = f"{self.name}/precision"
        failed = next((verdict for verdict in verdicts if verdict.error is not None), None)
        if failed is not None:
            return replace(failed, name=name, metadata={})
        values = [verdict.value for verdict in verdicts if verdict.value is not None]
        hits = values.count("yes")
        return Feedback(
            name=name,
            value=hits / len(values) if values else None,
            rationale=f"{hits} of {len(values)} documents are relevant",
            source=self.source,
            span_id=span.span_id,
        )


class RetrievalSufficiency(_RetrievalJudge):
    """Whether the documents hold all that the expected answer needs: yes or no.

    Expected are `expected_facts` or an `expected_response`.
    """

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "expectations", "trace"})
    rubrics: ClassVar[tuple[str, ...]] = ("retrieval_sufficiency",)

    async def _judge_span(self, turn: Turn, span: Span) -> list[Feedback]:
        return await self._judge_context(span, {"request": turn.asked, **wanted(turn.expectations)})


class RetrievalGroundedness(_RetrievalJudge):
    """Whether the documents support what the response says: yes or no."""

    rubrics: ClassVar[tuple[str, ...]] = ("retrieval_groundedness",)

    async def _judge_span(self, turn: Turn, span: Span) -> list[Feedback]:
        return await self._judge_context(span, {"request": turn.request, "response": turn.said})


def found_documents(trace: Trace | None) -> list[str] | None:
    """The text of every document that the retrievers of a trace found; None without a retriever."""
    spans = [] if trace is None else _retrievers(trace, None)
    return [document for span in spans for document in _documents(span)] if spans else None


def _retrievers(trace: Trace, name: str | None) -> list[Span]:
    """The RETRIEVER spans that are not within another one, by their start."""
    all_of_them = trace.search_spans(span_type="RETRIEVER", name=name)
    ids = {span.span_id for span in all_of_them}
    parents = {span.span_id: span.parent_span_id for span in trace.spans}

    def is_within(span: Span) -> bool:
        above, seen = span.parent_span_id, {span.span_id}
        while above is not None and above not in seen:
            if above in ids:
                return True
            seen.add(above)
            above = parents.get(above)
        return False

    outermost = [span for span in all_of_them if not is_within(span)]
    return sorted(outermost, key=lambda span: span.start_time_ns or 0)


def _documents(span: Span) -> list[str]:
    """The text of each document, with what the search knew of it."""
    documents = span.documents if isinstance(span.documents, list) else []
    return [_document(document) for document in documents]


def _document(document: Any) -> str:  # noqa: ANN401  # stored JSON
    if not isinstance(document, Mapping):
        return text_of(document)
    head = [f"id: {document['id']}"] if document.get("id") else []
    if document.get("metadata"):
        head.append(f"metadata: {text_of(document['metadata'])}")
    return "\n".join([*head, text_of(document.get("content") or "")])
