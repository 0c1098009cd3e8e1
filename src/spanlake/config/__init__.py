"""The configuration of `spanlake serve`, and the one rule for where the data is."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        keyless_error,
        listen_error,
        load_settings,
    )
    from spanlake.config.model_settings import (
        JUDGE_MODEL_VARIABLE,
        judge_model,
        keep_private,
        model_access,
    )
    from spanlake.config.overrides import Overrides
    from spanlake.config.place import catalog_url, data_path
    from spanlake.config.redaction import RedactProcessor
    from spanlake.config.sampling import ProbabilisticSampler, TailSampling
    from spanlake.config.sampling_flags import TailFlags, with_tail_flags
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
    "ProbabilisticSampler",
    "RedactProcessor",
    "Settings",
    "SpanlakeAuth",
    "TailFlags",
    "TailSampling",
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
    "with_tail_flags",
]

# Where each name is. Most commands need little of it, and models of settings take long to make.
_HOMES = {
    "ClientTls": "forwarding",
    "Endpoint": "endpoint",
    "Forwarding": "forwarding",
    "GrpcProtocol": "settings",
    "HttpProtocol": "settings",
    "HttpTls": "tls",
    "JUDGE_MODEL_VARIABLE": "model_settings",
    "LakeExporter": "settings",
    "Oidc": "auth",
    "OtlpExporter": "forwarding",
    "OtlpHttpExporter": "forwarding",
    "Overrides": "overrides",
    "ProbabilisticSampler": "sampling",
    "RedactProcessor": "redaction",
    "Settings": "settings",
    "SpanlakeAuth": "auth",
    "TailFlags": "sampling_flags",
    "TailSampling": "sampling",
    "Tls": "tls",
    "catalog_url": "place",
    "data_path": "place",
    "exposed_protocols": "listening",
    "judge_model": "model_settings",
    "keep_private": "model_settings",
    "keyless_error": "loading",
    "listen_error": "loading",
    "load_settings": "loading",
    "model_access": "model_settings",
    "with_tail_flags": "sampling_flags",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever the name stands for
    """Load a name of the package when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'spanlake.config' has no attribute {name!r}")
    value = getattr(import_module(f"spanlake.config.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
