"""The scorers that come with Spanlake and need no model."""

from spanlake.evaluation.scorers.builtin.contains import Contains
from spanlake.evaluation.scorers.builtin.edits import EditDistance, EditSimilarity, FuzzyMatch
from spanlake.evaluation.scorers.builtin.exact import ExactMatch
from spanlake.evaluation.scorers.builtin.json_distance import JsonDistance
from spanlake.evaluation.scorers.builtin.json_format import JsonSchema, JsonValidity
from spanlake.evaluation.scorers.builtin.language import LanguageMatch
from spanlake.evaluation.scorers.builtin.length import ResponseLength
from spanlake.evaluation.scorers.builtin.overlap import Bleu, Rouge
from spanlake.evaluation.scorers.builtin.pattern import RegexMatch
from spanlake.evaluation.scorers.builtin.readability import Readability
from spanlake.evaluation.scorers.builtin.retrieval import (
    RetrievalNDCG,
    RetrievalPrecision,
    RetrievalRecall,
)
from spanlake.evaluation.scorers.builtin.sensitive import PIIDetection, SecretDetection
from spanlake.evaluation.scorers.builtin.tool_calls import ToolCallF1, ToolCallMatch
from spanlake.evaluation.scorers.builtin.usage import Cost, Latency, TokenBudget

__all__ = [
    "Bleu",
    "Contains",
    "Cost",
    "EditDistance",
    "EditSimilarity",
    "ExactMatch",
    "FuzzyMatch",
    "JsonDistance",
    "JsonSchema",
    "JsonValidity",
    "LanguageMatch",
    "Latency",
    "PIIDetection",
    "Readability",
    "RegexMatch",
    "ResponseLength",
    "RetrievalNDCG",
    "RetrievalPrecision",
    "RetrievalRecall",
    "Rouge",
    "SecretDetection",
    "TokenBudget",
    "ToolCallF1",
    "ToolCallMatch",
]
