"""What a model answers, and what it took."""

from dataclasses import dataclass
from enum import StrEnum

from spanlake.evaluation.models.message import ToolCall


class FinishReason(StrEnum):
    """Why a model stopped, by OpenTelemetry's names."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALL = "tool_call"
    CONTENT_FILTER = "content_filter"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens; None is a count that was not reported.

    input_tokens: includes what was read from and written to the provider's cache.
    output_tokens: includes reasoning.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """One answer of a model.

    model: the name of the one that answered. cost_usd: what was paid for it now; None if the model
    has no known price. from_cache: it was answered before, and nothing was paid now; saved_usd is
    what it cost then.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: FinishReason = FinishReason.STOP
    model: str | None = None
    response_id: str | None = None
    usage: Usage = Usage()
    cost_usd: float | None = None
    from_cache: bool = False
    saved_usd: float | None = None
