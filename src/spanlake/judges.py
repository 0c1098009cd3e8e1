"""Judges of your own, and judges of texts as functions; those that score runs are in `scorers`."""

from spanlake.evaluation.models.port import ModelPort, use_port
from spanlake.evaluation.scorers.judges.base import Judge
from spanlake.evaluation.scorers.judges.canaries import Canary, CanaryResult, try_canaries
from spanlake.evaluation.scorers.judges.instructed import InstructedJudge, make_judge
from spanlake.evaluation.scorers.judges.texts import (
    is_complete,
    is_context_relevant,
    is_context_sufficient,
    is_correct,
    is_equivalent,
    is_fluent,
    is_good_summary,
    is_grounded,
    is_relevant_to_query,
    is_safe,
    is_tool_call_correct,
    is_tool_call_efficient,
    meets_guidelines,
)
from spanlake.storage.reply_cache import ReplyCache

__all__ = [
    "Canary",
    "CanaryResult",
    "InstructedJudge",
    "Judge",
    "ModelPort",
    "ReplyCache",
    "is_complete",
    "is_context_relevant",
    "is_context_sufficient",
    "is_correct",
    "is_equivalent",
    "is_fluent",
    "is_good_summary",
    "is_grounded",
    "is_relevant_to_query",
    "is_safe",
    "is_tool_call_correct",
    "is_tool_call_efficient",
    "make_judge",
    "meets_guidelines",
    "try_canaries",
    "use_port",
]
