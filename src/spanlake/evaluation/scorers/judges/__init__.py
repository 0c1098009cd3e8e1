"""The scorers that come with Spanlake and ask a model."""

from spanlake.evaluation.scorers.judges.preference import Preference
from spanlake.evaluation.scorers.judges.responses import (
    Completeness,
    Correctness,
    Equivalence,
    ExpectationsGuidelines,
    Fluency,
    Guidelines,
    RelevanceToQuery,
    Safety,
    Summarization,
)
from spanlake.evaluation.scorers.judges.retrievals import (
    RetrievalGroundedness,
    RetrievalRelevance,
    RetrievalSufficiency,
)
from spanlake.evaluation.scorers.judges.sessions import (
    ConversationalGuidelines,
    ConversationalRoleAdherence,
    ConversationalSafety,
    ConversationalToolCallEfficiency,
    ConversationCompleteness,
    KnowledgeRetention,
    UserFrustration,
)
from spanlake.evaluation.scorers.judges.tool_use import ToolCallCorrectness, ToolCallEfficiency

__all__ = [
    "Completeness",
    "ConversationCompleteness",
    "ConversationalGuidelines",
    "ConversationalRoleAdherence",
    "ConversationalSafety",
    "ConversationalToolCallEfficiency",
    "Correctness",
    "Equivalence",
    "ExpectationsGuidelines",
    "Fluency",
    "Guidelines",
    "KnowledgeRetention",
    "Preference",
    "RelevanceToQuery",
    "RetrievalGroundedness",
    "RetrievalRelevance",
    "RetrievalSufficiency",
    "Safety",
    "Summarization",
    "ToolCallCorrectness",
    "ToolCallEfficiency",
    "UserFrustration",
]
