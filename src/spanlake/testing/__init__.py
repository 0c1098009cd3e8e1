"""Doubles of models for the tests of judges and apps: real protocols, no network, no cost.

`OfflineModel` answers inside the program, `ModelServer` over HTTP on loopback, in the protocols of
OpenAI and Anthropic. Both say what a script says, and keep what they were asked.
"""

from spanlake.evaluation.models.double.server import ModelServer, ServedRequest
from spanlake.evaluation.models.message import ChatMessage, ChatRequest, Role, ToolCall
from spanlake.evaluation.models.offline import OfflineModel
from spanlake.evaluation.models.reply import FinishReason, Usage
from spanlake.evaluation.models.script import Answer, Breakage, Fault, Said, Script

__all__ = [
    "Answer",
    "Breakage",
    "ChatMessage",
    "ChatRequest",
    "Fault",
    "FinishReason",
    "ModelServer",
    "OfflineModel",
    "Role",
    "Said",
    "Script",
    "ServedRequest",
    "ToolCall",
    "Usage",
]
