"""The demo itself: questions to the agent, whose spans go over OTLP to a collector."""

import secrets
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from spanlake import __version__
from spanlake.cli.demo.agent import SupportAgent
from spanlake.cli.demo.model_client import ModelClient
from spanlake.cli.demo.model_double import ModelDouble
from spanlake.cli.demo.scenario import TURNS
from spanlake.collector.service import Listening
from spanlake.errors import UserError

_RESOURCE = {"service.name": "support-bot", "deployment.environment.name": "demo"}
# Loopback is never behind a proxy, whatever the environment says.
_NO_PROXY = (("grpc.enable_http_proxy", 0),)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was traced. id: of the session. trace_ids: in hex, one a question."""

    id: str
    trace_ids: tuple[str, ...]


def run_conversation(collector: Listening) -> Conversation:
    """Let the agent answer every question; on return the collector has acknowledged all spans."""
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.create(_RESOURCE))
    endpoint = f"http://{collector.grpc}"
    exporter = OTLPSpanExporter(
        endpoint,
        insecure=True,
        channel_options=_NO_PROXY,  # type: ignore[arg-type]  # gRPC takes numbers as well
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("spanlake.demo", __version__)
    session = f"demo-{secrets.token_hex(4)}"
    try:
        with ModelDouble() as model:
            agent = SupportAgent(tracer, ModelClient(model.host, model.port), session)
            trace_ids = tuple(agent.answer(turn.question) for turn in TURNS)
    finally:
        provider.shutdown()
    if not any(int(trace_id, 16) for trace_id in trace_ids):
        raise UserError("OTEL_SDK_DISABLED is set: the demo needs the OpenTelemetry SDK; unset it")
    return Conversation(session, trace_ids)
