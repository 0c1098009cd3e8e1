"""Images, sound and files: kept as references, bytes only where they are few."""

import hashlib
import re

from spanlake.semconv.json_values import Json
from spanlake.semconv.messages.message import Part

# Longer base64 stays in the raw attribute alone; the part has its digest.
_MAX_BASE64 = 4096
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,", re.ASCII)
_URL = re.compile(r"data:|[a-z][a-z0-9+.-]*://")
_MODALITIES = {"image": "image", "audio": "audio", "video": "video"}


def modality_of(mime_type: Json, default: str) -> str:
    """What kind of thing a MIME type is: image, audio, video or document."""
    if not isinstance(mime_type, str) or not mime_type:
        return default
    return _MODALITIES.get(mime_type.partition("/")[0].lower(), "document")


def blob(content: Json, mime_type: Json, modality: str) -> Part:
    """Bytes as a part; content is their base64 text."""
    part = _part("blob", mime_type, modality_of(mime_type, modality))
    if not isinstance(content, str):
        return part
    if len(content) <= _MAX_BASE64:
        return part | {"content": content}
    padding = len(content) - len(content.rstrip("="))
    digest = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()
    return part | {"byte_size": len(content) * 3 // 4 - padding, "digest": f"sha256:{digest}"}


def located(url: Json, modality: str, mime_type: Json = None) -> Part:
    """Something at a URL, or inside a data: URL, as a part."""
    data = _DATA_URL.match(url) if isinstance(url, str) else None
    if data:
        return blob(url[data.end() :], data[1] or mime_type, modality)
    part = _part("uri", mime_type, modality)
    return part | {"uri": url} if isinstance(url, str) else part


def file(file_id: Json, modality: str = "document") -> Part:
    """A file the provider keeps, as a part."""
    return {"type": "file", "modality": modality, "file_id": file_id}


def given(content: Json, mime_type: Json, modality: str) -> Part:
    """Something given as a URL, as a data: URL or as base64."""
    if isinstance(content, str) and _URL.match(content[:64]):
        return located(content, modality, mime_type)
    return blob(content, mime_type, modality)


def _part(kind: str, mime_type: Json, modality: str) -> Part:
    part: Part = {"type": kind, "modality": modality}
    return part | {"mime_type": mime_type} if isinstance(mime_type, str) and mime_type else part
