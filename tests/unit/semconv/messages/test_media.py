"""Images, sound and files in the blocks of every provider: by reference, bytes by their digest."""

import base64
import hashlib
from typing import Any

import pytest
from schema_messages import read

URL = "https://example.com/cat.png"
BYTES = "aGVsbG8="
DATA_URL = f"data:image/png;base64,{BYTES}"
IMAGE = {"type": "uri", "modality": "image", "uri": URL}
PNG = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": BYTES}
MP3 = {"type": "blob", "modality": "audio", "mime_type": "audio/mp3", "content": BYTES}
PDF = {"type": "blob", "modality": "document", "mime_type": "application/pdf", "content": BYTES}

BLOCKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("OpenAI chat: URL", {"type": "image_url", "image_url": {"url": URL, "detail": "low"}}, IMAGE),
    ("OpenAI chat: data URL", {"type": "image_url", "image_url": {"url": DATA_URL}}, PNG),
    (
        "OpenAI chat: sound",
        {"type": "input_audio", "input_audio": {"data": BYTES, "format": "mp3"}},
        MP3,
    ),
    (
        "OpenAI chat: file",
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "modality": "document", "file_id": "file-1"},
    ),
    (
        "OpenAI chat: bytes of a file",
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{BYTES}"}},
        PDF,
    ),
    ("OpenAI Responses: URL", {"type": "input_image", "image_url": URL}, IMAGE),
    ("OpenAI Responses: data URL", {"type": "input_image", "image_url": DATA_URL}, PNG),
    (
        "OpenAI Responses: image that was uploaded",
        {"type": "input_image", "file_id": "file-1"},
        {"type": "file", "modality": "image", "file_id": "file-1"},
    ),
    (
        "OpenAI Responses: file",
        {"type": "input_file", "file_url": "https://example.com/a.pdf"},
        {"type": "uri", "modality": "document", "uri": "https://example.com/a.pdf"},
    ),
    (
        "Anthropic: bytes",
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": BYTES},
        },
        PNG,
    ),
    ("Anthropic: URL", {"type": "image", "source": {"type": "url", "url": URL}}, IMAGE),
    (
        "Anthropic: document",
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": BYTES},
        },
        PDF,
    ),
    (
        "Anthropic: file",
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "file", "modality": "document", "file_id": "file_1"},
    ),
    (
        "Anthropic: document of text",
        {"type": "document", "source": {"type": "text", "data": "Hi"}},
        {"type": "text", "content": "Hi"},
    ),
    ("Gemini: bytes", {"inlineData": {"mimeType": "image/png", "data": BYTES}}, PNG),
    ("Gemini for Python: bytes", {"inline_data": {"mime_type": "image/png", "data": BYTES}}, PNG),
    (
        "Gemini: file",
        {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/a.mp4"}},
        {
            "type": "uri",
            "modality": "video",
            "mime_type": "video/mp4",
            "uri": "gs://bucket/a.mp4",
        },
    ),
    ("Bedrock: bytes", {"image": {"format": "png", "source": {"bytes": BYTES}}}, PNG),
    (
        "Bedrock: document",
        {"document": {"format": "pdf", "name": "a", "source": {"bytes": BYTES}}},
        {"type": "blob", "modality": "document", "content": BYTES},
    ),
    ("AI SDK: URL", {"type": "image", "image": URL}, IMAGE),
    ("AI SDK: bytes", {"type": "file", "data": BYTES, "mediaType": "image/png"}, PNG),
    (
        "LangChain: URL",
        {"type": "image", "source_type": "url", "url": URL},
        IMAGE,
    ),
    (
        "LangChain: bytes",
        {"type": "image", "base64": BYTES, "mime_type": "image/png"},
        PNG,
    ),
    ("LangChain: sound", {"type": "audio", "base64": BYTES, "mime_type": "audio/mp3"}, MP3),
    (
        "vLLM: sound",
        {"type": "audio_url", "audio_url": {"url": "https://example.com/a.mp3"}},
        {"type": "uri", "modality": "audio", "uri": "https://example.com/a.mp3"},
    ),
    (
        "LangChain: video",
        {"type": "video", "url": "https://example.com/a.mp4"},
        {"type": "uri", "modality": "video", "uri": "https://example.com/a.mp4"},
    ),
    (
        "OpenInference",
        {"message_content": {"type": "image", "image": {"image": {"url": URL}}}},
        IMAGE,
    ),
    ("Genkit", {"media": {"url": DATA_URL, "contentType": "image/png"}}, PNG),
    ("LlamaIndex", {"block_type": "image", "url": URL}, IMAGE),
    ("pydantic-ai: URL", {"type": "image-url", "url": URL}, IMAGE),
    ("pydantic-ai: bytes", {"type": "binary", "media_type": "image/png", "content": BYTES}, PNG),
    ("OpenTelemetry: bytes", PNG, PNG),
    (
        "OpenTelemetry as it was: bytes",
        {"type": "blob", "mime_type": "image/png", "data": BYTES},
        PNG,
    ),
    ("OpenTelemetry: URI", IMAGE, IMAGE),
    ("OpenTelemetry: URI that has the bytes", {**IMAGE, "uri": DATA_URL}, PNG),
    (
        "OpenTelemetry: file, with all that it says",
        {"type": "file", "modality": "image", "mime_type": "image/png", "file_id": "file-1"},
        {"type": "file", "modality": "image", "mime_type": "image/png", "file_id": "file-1"},
    ),
]


def part_of(block: object) -> dict[str, Any]:
    """The one part that a block in a user's message becomes."""
    (message,) = read("input_messages", [{"role": "user", "content": [block]}])
    (part,) = message["parts"]
    return dict(part)


@pytest.mark.parametrize(
    ("block", "part"),
    [pytest.param(block, part, id=title) for title, block, part in BLOCKS],
)
def test_a_block_of_media_is_a_reference_or_few_bytes(
    block: dict[str, Any], part: dict[str, Any]
) -> None:
    """Every provider's image, sound or file becomes a uri, a file or a blob, and stays that."""
    assert part_of(block) == part
    assert part_of(part) == part


LARGE = base64.b64encode(b"\x89PNG" * 2000).decode()
HOLDERS: list[dict[str, Any]] = [
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{LARGE}"}},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": LARGE}},
    {"inlineData": {"mimeType": "image/png", "data": LARGE}},
    {"image": {"format": "png", "source": {"bytes": LARGE}}},
    {"type": "file", "data": LARGE, "mediaType": "image/png"},
    {"type": "blob", "mime_type": "image/png", "modality": "image", "content": LARGE},
    {"type": "uri", "modality": "image", "uri": f"data:image/png;base64,{LARGE}"},
]


@pytest.mark.parametrize("block", HOLDERS, ids="-".join)
def test_many_bytes_are_their_digest(block: dict[str, Any]) -> None:
    """Base64 above the limit is replaced by its size and digest, which a second reading keeps."""
    part = {
        "type": "blob",
        "modality": "image",
        "mime_type": "image/png",
        "byte_size": 8000,
        "digest": f"sha256:{hashlib.sha256(LARGE.encode()).hexdigest()}",
    }
    assert part_of(block) == part
    assert part_of(part) == part
