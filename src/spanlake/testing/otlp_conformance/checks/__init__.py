"""A check a statement; importing this package registers all of them."""

from spanlake.testing.otlp_conformance.checks import (
    answers,
    connections,
    encodings,
    json_mapping,
    limits,
    refusals,
    storage,
)

__all__ = [
    "answers",
    "connections",
    "encodings",
    "json_mapping",
    "limits",
    "refusals",
    "storage",
]
