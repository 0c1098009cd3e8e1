"""The configuration of `spanlake serve`, and the one rule for where the data is."""

from spanlake.config.auth import Oidc, SpanlakeAuth
from spanlake.config.endpoint import Endpoint
from spanlake.config.forwarding import (
    ClientTls,
    Forwarding,
    OtlpExporter,
    OtlpHttpExporter,
)
from spanlake.config.listening import exposed_protocols
from spanlake.config.loading import (
    catalog_url,
    data_path,
    keyless_error,
    listen_error,
    load_settings,
)
from spanlake.config.model_access import (
    JUDGE_MODEL_VARIABLE,
    judge_model,
    keep_private,
    model_access,
)
from spanlake.config.overrides import Overrides
from spanlake.config.redaction import RedactProcessor
from spanlake.config.settings import (
    GrpcProtocol,
    HttpProtocol,
    LakeExporter,
    Settings,
)
from spanlake.config.tls import HttpTls, Tls

__all__ = [
    "JUDGE_MODEL_VARIABLE",
    "ClientTls",
    "Endpoint",
    "Forwarding",
    "GrpcProtocol",
    "HttpProtocol",
    "HttpTls",
    "LakeExporter",
    "Oidc",
    "OtlpExporter",
    "OtlpHttpExporter",
    "Overrides",
    "RedactProcessor",
    "Settings",
    "SpanlakeAuth",
    "Tls",
    "catalog_url",
    "data_path",
    "exposed_protocols",
    "judge_model",
    "keep_private",
    "keyless_error",
    "listen_error",
    "load_settings",
    "model_access",
]
