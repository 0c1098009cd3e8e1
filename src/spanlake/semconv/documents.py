"""Retrieved documents of any framework as a list of {id, content, score, metadata}."""

from typing import Any

from spanlake.semconv.json_values import NOTHING, Json, as_text, parse_container
from spanlake.semconv.messages.parts import plain

_MAX_DEPTH = 5
# Under these, frameworks keep what a search found.
_HOLDERS = (
    "documents", "docs", "nodes", "source_nodes", "results", "matches", "hits", "output_documents",
    "contexts", "chunks", "records", "output", "result", "value", "outputs", "return_value",
)  # fmt: skip
_IDS = ("id", "id_", "node_id", "doc_id", "document_id", "chunk_id", "uid")
_CONTENTS = ("content", "page_content", "text", "document", "body", "chunk")
_SCORES = ("score", "similarity", "relevance_score", "distance")
_METADATA = ("metadata", "meta", "meta_data")
_WRAPPERS = ("document", "node", "item", "kwargs")


def documents_of(value: Json, depth: int = 0) -> list[dict[str, Any]] | None:
    """The documents in a value: a list of them, or an object that holds such a list.

    An empty list was searched for and not found; None is no list of documents.
    """
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, str):
        inner = parse_container(value)
        return None if inner is NOTHING else documents_of(inner, depth + 1)
    if isinstance(value, list):
        return _of_list(value, depth)
    found: list[dict[str, Any]] | None = None
    if isinstance(value, dict):
        for key in _HOLDERS:
            if isinstance(value.get(key), list | str | dict):
                documents = documents_of(value[key], depth + 1)
                if documents:
                    return documents
                found = found if documents is None else documents
    return found


def _of_list(value: list[Json], depth: int) -> list[dict[str, Any]] | None:
    documents = [each for each in map(_document, value) if each is not None]
    if documents or not value:
        return documents
    return documents_of(value[0], depth + 1) if len(value) == 1 else None


def _document(value: Json) -> dict[str, Any] | None:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        # A pair of a document and its score.
        document = _document(value[0])
        if document is not None and len(value) > 1 and isinstance(value[1], int | float):
            document["score"] = value[1]
        return document
    if not isinstance(value, dict):
        return None
    held = dict(value)
    for key in _WRAPPERS:
        inner = held.get(key)
        if isinstance(inner, dict):
            held = {**held, **inner}
            if key == "document":
                del held[key]
    metadata = _metadata(held)
    identity = _first(held, _IDS)
    if identity is None and isinstance(metadata, dict):
        identity = _first(metadata, _IDS)
    content = _first(held, _CONTENTS)
    if content is None and (identity is None or not held.keys() & {*_SCORES, *_METADATA}):
        return None
    if content is not None and _is_message(held):
        return None
    return {
        "id": as_text(identity),
        "content": as_text(plain(content)),
        "score": _number(_first(held, _SCORES)),
        "metadata": metadata,
    }


def _is_message(held: dict[str, Any]) -> bool:
    return "role" in held or held.get("type") in ("human", "ai", "system", "text", "tool")


def _metadata(held: dict[str, Any]) -> Json:
    metadata = _first(held, _METADATA)
    if isinstance(metadata, str):
        inner = parse_container(metadata)
        return metadata if inner is NOTHING else inner
    return metadata


def _number(value: Json) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _first(held: dict[str, Any], keys: tuple[str, ...]) -> Json:
    return next((held[key] for key in keys if held.get(key) not in (None, "")), None)
