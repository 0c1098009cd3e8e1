"""Blocks of images, sound and files, told by their type, of any provider."""

from spanlake.semconv.json_values import as_text
from spanlake.semconv.messages import media, parts
from spanlake.semconv.messages.blocks.block import Block, Read, first
from spanlake.semconv.messages.message import Part

_MIME_TYPES = ("mediaType", "mimeType", "media_type", "mime_type")


def image(block: Block) -> list[Part]:
    """An image by any of the members that providers have for it."""
    source = block.get("source")
    if isinstance(source, dict):
        return [_anthropic(source, "image")]
    mime = first(block, *_MIME_TYPES)
    for key in ("image_url", "image", "url"):
        where = block.get(key)
        if isinstance(where, dict):
            where = first(where, "url", "image", "data")
            where = where.get("url") if isinstance(where, dict) else where  # OpenInference
        if where:
            return [media.given(where, mime, "image")]
    if block.get("file_id"):
        return [media.file(block["file_id"], "image")]
    return [media.given(first(block, "data", "base64"), mime, "image")]


def _audio(block: Block) -> list[Part]:
    audio = first(block, "input_audio", "audio_url", "audio", "source", "data", "base64", "url")
    if not isinstance(audio, dict):
        return [media.given(audio, first(block, *_MIME_TYPES), "audio")]
    form = audio.get("format")
    mime = f"audio/{form}" if isinstance(form, str) else first(audio, *_MIME_TYPES)
    return [media.given(first(audio, "data", "url"), mime, "audio")]


def _file(block: Block) -> list[Part]:
    if {"modality", "file_id"} <= block.keys():
        return [block]  # OpenTelemetry's own
    inner = block.get("file")
    whole = block | inner if isinstance(inner, dict) else block
    source = whole.get("source")
    if isinstance(source, dict):
        return [_anthropic(source, "document")]
    mime = first(whole, *_MIME_TYPES)
    modality = media.modality_of(mime, "video" if block.get("type") == "video" else "document")
    if whole.get("file_id"):
        return [media.file(whole["file_id"], modality)]
    data = first(whole, "data", "file_data", "url", "file_url", "uri", "base64")
    data = first(data, "url", "data") if isinstance(data, dict) else data
    return [media.given(data, mime, modality)]


def _anthropic(source: Block, modality: str) -> Part:
    """Where an image or a document of Anthropic's comes from."""
    match source.get("type"):
        case "url":
            return media.located(source.get("url"), modality)
        case "file":
            return media.file(source.get("file_id"), modality)
        case "text":
            return parts.text(as_text(source.get("data")) or "")
        case _:
            return media.blob(source.get("data"), source.get("media_type"), modality)


def _blob(block: Block) -> list[Part]:
    """OpenTelemetry's, also as it was when the bytes were in `data`, and pydantic-ai's binary."""
    if "digest" in block:
        return [block]  # bytes that have been replaced already
    modality = block.get("modality")
    content, mime = first(block, "content", "data"), first(block, *_MIME_TYPES)
    return [media.given(content, mime, modality if isinstance(modality, str) else "document")]


def _uri(block: Block) -> list[Part]:
    where = block.get("uri")
    is_data = isinstance(where, str) and where.startswith("data:")
    return [media.located(where, "document", first(block, *_MIME_TYPES)) if is_data else block]


def _pydantic_ai_url(block: Block) -> list[Part]:
    modality = block["type"].partition("-")[0]
    return [media.located(block.get("url"), modality, first(block, *_MIME_TYPES))]


BY_TYPE: dict[str, Read] = {
    "image": image,
    "image_url": image,
    "input_image": image,
    "audio": _audio,
    "input_audio": _audio,
    "audio_url": _audio,
    "video": _file,
    "file": _file,
    "input_file": _file,
    "document": _file,
    "blob": _blob,
    "binary": _blob,
    "uri": _uri,
    "image-url": _pydantic_ai_url,
    "audio-url": _pydantic_ai_url,
    "video-url": _pydantic_ai_url,
    "document-url": _pydantic_ai_url,
}
