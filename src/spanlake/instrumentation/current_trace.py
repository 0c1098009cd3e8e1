"""What an app says of the trace it is in."""

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from opentelemetry.trace import get_current_span

from spanlake.errors import UserError
from spanlake.instrumentation.json_text import to_text
from spanlake.instrumentation.stamps import STAMPS

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

_log = logging.getLogger(__name__)
_LONGEST = 4096  # characters of one value: these are for searching, content belongs in outputs
_said_outside = False


def get_current_trace_id() -> str | None:
    """Return the id of the trace that runs now, in hex as the lake has it; None outside of any."""
    context = get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def update_current_trace(  # noqa: PLR0913  # keywords, all of them optional
    *,
    session_id: str | None = None,
    user_id: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
    environment: str | None = None,
    release: str | None = None,
    client_request_id: str | None = None,
    prompt_name: str | None = None,
    prompt_version: str | int | None = None,
) -> None:
    """Say of the current trace whose it is and what it is about; what is left out stays.

    The current span has it at once, and so has the one with which the trace entered this process;
    every span of the trace that starts later gets it. Session and user also go along to child
    services, as baggage. Outside of a span nothing is said but a warning, once.
    """
    if isinstance(tags, str):
        raise UserError(f"tags is {tags!r}: must be a list of texts; write tags=[{tags!r}]")
    span = get_current_span()
    if not span.get_span_context().is_valid:
        _warn_outside()
        return
    if not span.is_recording():
        return  # sampled out, or continued from another process without a span of its own here
    said: dict[str, object] = {
        "session.id": session_id,
        "user.id": user_id,
        "spanlake.environment": environment,
        "spanlake.release": release,
        "spanlake.metadata.client_request_id": client_request_id,
        "spanlake.prompt.name": prompt_name,
        "spanlake.prompt.version": prompt_version,
    }
    attributes: dict[str, AttributeValue] = {
        key: to_text(value, _LONGEST) for key, value in said.items() if value is not None
    }
    if tags is not None:
        attributes["spanlake.tags"] = [to_text(tag, _LONGEST) for tag in tags]
    for key, value in (metadata or {}).items():
        attributes[f"spanlake.metadata.{key}"] = to_text(value, _LONGEST)
    STAMPS.set_for_trace(span, attributes)


def _warn_outside() -> None:
    global _said_outside  # noqa: PLW0603  # once for a process
    if not _said_outside:
        _said_outside = True
        _log.warning(
            "update_current_trace was called outside of a span, and did nothing: call it within "
            "@spanlake.trace or spanlake.span, after spanlake.init"
        )
