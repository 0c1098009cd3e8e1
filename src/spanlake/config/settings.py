"""The configuration of `spanlake serve`: its sections, keys, defaults and bounds.

The shape is the OpenTelemetry Collector's, and so are the keys where the Collector has them.
A section or key that is left out has its default. Three sections are different, because their keys
are what is switched on: `protocols`, `pipelines`, and in a pipeline its `processors`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from spanlake.config.auth import SpanlakeAuth
from spanlake.config.endpoint import Endpoint
from spanlake.config.forwarding import OtlpExporter, OtlpHttpExporter
from spanlake.config.pipelines import Pipelines, default_pipelines
from spanlake.config.place import DEFAULT_DATA
from spanlake.config.problems import RuleError
from spanlake.config.redaction import RedactProcessor
from spanlake.config.sampling import ProbabilisticSampler, TailSampling
from spanlake.config.section import OffIfAbsent, Section
from spanlake.config.tls import HttpTls, Tls
from spanlake.config.values import (
    MIB,
    CatalogUrl,
    LakePath,
    ListenEndpoint,
    LogEncoding,
    LogLevel,
    MessageBytes,
    MessageMib,
    Origin,
    PositiveInt,
    PositiveSeconds,
    Seconds,
)


class GrpcProtocol(Section):
    """OTLP over gRPC."""

    endpoint: ListenEndpoint = Endpoint("127.0.0.1", 4317)
    max_recv_msg_size_mib: MessageMib = 64
    max_concurrent_streams: PositiveInt = 128
    tls: Tls | None = None


class Cors(Section):
    """The origins whose pages may send from a browser; none unless listed."""

    allowed_origins: tuple[Origin, ...] = ()


class HttpProtocol(Section):
    """OTLP over HTTP; the limit on a body, in bytes, holds before and after decompression."""

    endpoint: ListenEndpoint = Endpoint("127.0.0.1", 4318)
    max_request_body_size: MessageBytes = 64 * MIB
    read_timeout: PositiveSeconds = 30.0
    idle_timeout: PositiveSeconds = 60.0
    cors: Cors = Cors()
    tls: HttpTls | None = None


class Protocols(Section):
    """The protocols that are listened for; one whose key is not there is off, and None."""

    grpc: OffIfAbsent[GrpcProtocol] = None
    http: OffIfAbsent[HttpProtocol] = None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if self.grpc is None and self.http is None:
            raise RuleError("must have grpc or http", advice="add `grpc:` or `http:` or both")
        return self


class OtlpReceiver(Section):
    """Where OTLP is received."""

    protocols: Protocols = Protocols(grpc=GrpcProtocol(), http=HttpProtocol())


class Receivers(Section):
    """What data comes in by."""

    otlp: OtlpReceiver = OtlpReceiver()


class MemoryLimiter(Section):
    """The budget of request bytes in flight, in MiB; above it clients are told to come again."""

    limit_mib: PositiveInt = 512


class GenaiProcessor(Section):
    """The canonical GenAI columns and, with `prices`, the cost of model calls."""

    prices: bool = True


class Processors(Section):
    """What is done to data before it is stored; a pipeline has to name it to have it."""

    memory_limiter: MemoryLimiter = MemoryLimiter()
    probabilistic_sampler: ProbabilisticSampler = ProbabilisticSampler()
    redact: RedactProcessor = RedactProcessor()
    genai: GenaiProcessor = GenaiProcessor()
    tail_sampling: TailSampling = TailSampling()


class Retention(Section):
    """What may stay in the lake; see `spanlake retain`.

    max_age: in seconds, max_size_gib: in GiB; 0 is for ever, and any size. keep: traces that stay
    however old they are.
    """

    max_age: Seconds = 0.0
    max_size_gib: Annotated[float, Field(ge=0)] = 0.0
    keep: tuple[Literal["errors", "assessed"], ...] = ()


class LakeExporter(Section):
    """Where data is stored, and how.

    compression_level: of zstd.
    max_commit_mib: request bytes that one commit takes at most, in MiB.
    retry_after: how long a client waits when a commit has failed, in seconds.
    dedup_window: how long a repeated request is recognised, in seconds; 0 is not at all.
    seal_interval: how long rows stay in small files at most, in seconds; 0 is for ever.
    """

    path: LakePath = DEFAULT_DATA
    compression_level: Annotated[int, Field(ge=1, le=22)] = 3
    max_commit_mib: PositiveInt = 16
    retry_after: PositiveSeconds = 1.0
    dedup_window: Seconds = 3600.0
    seal_interval: Seconds = 15.0
    retention: Retention = Retention()


class Exporters(Section):
    """Where data goes: the lake, and other backends that have an endpoint."""

    lake: LakeExporter = LakeExporter()
    otlp: OtlpExporter | None = None
    otlphttp: OtlpHttpExporter | None = None


class SpanlakeCatalog(Section):
    """Where the small things are that change: experiments, prices.

    url: of a SQLite file or a Postgres database; None is catalog.sqlite in the lake's directory.
    """

    url: CatalogUrl | None = None


class Extensions(Section):
    """What stands beside the pipelines."""

    spanlake_catalog: SpanlakeCatalog = SpanlakeCatalog()
    spanlake_auth: SpanlakeAuth = SpanlakeAuth()


class Logs(Section):
    """The server's own log, on stderr."""

    level: LogLevel = "info"
    encoding: LogEncoding = "console"


class Telemetry(Section):
    """What the server says of itself."""

    logs: Logs = Logs()


class Service(Section):
    """The server as a whole.

    allow_unauthenticated: listen beyond loopback although nothing is encrypted, or nobody is asked
    who they are.
    """

    pipelines: Pipelines = default_pipelines()
    telemetry: Telemetry = Telemetry()
    allow_unauthenticated: bool = False


class Settings(Section):
    """The whole configuration."""

    receivers: Receivers = Receivers()
    processors: Processors = Processors()
    exporters: Exporters = Exporters()
    extensions: Extensions = Extensions()
    service: Service = Service()
