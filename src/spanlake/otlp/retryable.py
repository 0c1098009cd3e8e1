"""Which refusals an exporter may answer with the same again: OTLP's own tables."""

STATUSES = frozenset({429, 502, 503, 504})
"""Of HTTP."""

CODES = frozenset(
    {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}
)
"""Of gRPC, by name; RESOURCE_EXHAUSTED is one only with RetryInfo."""
