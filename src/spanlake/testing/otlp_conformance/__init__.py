"""Sixty statements of OTLP, held against any receiver, over gRPC, HTTP/protobuf and HTTP/JSON.

python -m spanlake.testing.otlp_conformance --grpc localhost:4317 --http http://localhost:4318
"""

from spanlake.testing.otlp_conformance.endpoint import Endpoint
from spanlake.testing.otlp_conformance.reader import READERS
from spanlake.testing.otlp_conformance.statement import Level, Statement, Transport, statements
from spanlake.testing.otlp_conformance.suite import Outcome, Result, run

__all__ = [
    "READERS",
    "Endpoint",
    "Level",
    "Outcome",
    "Result",
    "Statement",
    "Transport",
    "run",
    "statements",
]
