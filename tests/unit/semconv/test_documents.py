import json
from typing import Any

import pytest

from spanlake.semconv.documents import documents_of
from spanlake.semconv.structures import STRUCTURES


def document(
    content: str | None,
    identity: str | None = None,
    score: float | None = None,
    metadata: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {"id": identity, "content": content, "score": score, "metadata": metadata}


TOWER = document("330 m", "a", 0.5, {"source": "a.txt"})

SHAPES: list[tuple[str, Any, list[dict[str, Any]]]] = [
    (
        "OpenTelemetry",
        [{"id": "a", "score": 0.5, "content": "330 m", "metadata": {"source": "a.txt"}}],
        [TOWER],
    ),
    ("OpenTelemetry without content", [{"id": "a", "score": 0.5}], [document(None, "a", 0.5)]),
    (
        "OpenInference, flattened",
        [
            {
                "document": {
                    "id": "a",
                    "score": "0.5",
                    "content": "330 m",
                    "metadata": '{"source": "a.txt"}',
                }
            }
        ],
        [TOWER],
    ),
    (
        "LangChain",
        [{"id": "a", "page_content": "330 m", "metadata": {"source": "a.txt"}, "type": "Document"}],
        [document("330 m", "a", None, {"source": "a.txt"})],
    ),
    (
        "LangChain's constructors",
        {
            "output": [
                {
                    "lc": 1,
                    "type": "constructor",
                    "id": ["langchain", "schema", "document", "Document"],
                    "kwargs": {"id": "a", "page_content": "330 m", "metadata": {"x": 1}},
                }
            ]
        },
        [document("330 m", "a", None, {"x": 1})],
    ),
    (
        "LangChain's pairs with scores",
        [[{"page_content": "330 m", "metadata": {}}, 0.5]],
        [document("330 m", None, 0.5, {})],
    ),
    (
        "LlamaIndex",
        {"nodes": [{"node": {"id_": "a", "text": "330 m", "metadata": {}}, "score": 0.5}]},
        [document("330 m", "a", 0.5, {})],
    ),
    (
        "Haystack",
        {"documents": [{"id": "a", "content": "330 m", "meta": {"x": 1}, "score": 0.5}]},
        [document("330 m", "a", 0.5, {"x": 1})],
    ),
    (
        "Genkit",
        {"documents": [{"content": [{"text": "330 m"}], "metadata": {"source": "a.txt"}}]},
        [document("330 m", None, None, {"source": "a.txt"})],
    ),
    (
        "Bedrock's knowledge bases",
        {"results": [{"content": {"text": "330 m"}, "score": 0.5, "metadata": {"x": 1}}]},
        [document("330 m", None, 0.5, {"x": 1})],
    ),
    (
        "Cohere's ranking",
        {"results": [{"document": {"text": "330 m"}, "relevance_score": 0.5, "index": 0}]},
        [document("330 m", None, 0.5)],
    ),
    ("an id in the metadata", [{"text": "330 m", "metadata": {"id": "a"}}],
     [document("330 m", "a", None, {"id": "a"})]),
    ("a score that is no number", [{"text": "330 m", "score": "high"}], [document("330 m")]),
    ("a number for an id", [{"text": "330 m", "id": 7}], [document("330 m", "7")]),
    ("an empty list", [], []),
    ("a search that found nothing", {"documents": [], "query": "x"}, []),
    ("an empty list beside a full one", {"documents": [], "results": [{"text": "330 m"}]},
     [document("330 m")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "documents"),
    [pytest.param(value, documents, id=title) for title, value, documents in SHAPES],
)
def test_documents_of_every_framework_are_one_list(
    value: object, documents: list[dict[str, Any]]
) -> None:
    """Documents have id, content, score and metadata, whatever a framework calls them."""
    assert documents_of(value) == documents
    assert documents_of(json.dumps(value)) == documents


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "330 m",
        5,
        {},
        {"answer": "330 m"},
        [1, 2],
        ["330 m"],
        [{"role": "user", "content": "Hi"}],
        [{"type": "human", "content": "Hi"}],
        [{"id": "a"}],
    ],
)
def test_what_is_no_list_of_documents_gives_none(value: object) -> None:
    """A text, messages and other objects are no documents, which is not the same as none found."""
    assert documents_of(value) is None
    assert STRUCTURES["documents"](value) is None


def test_a_search_without_a_find_is_told() -> None:
    """An empty list of documents is an empty list, not nothing known."""
    assert STRUCTURES["documents"]("[]") == "[]"
