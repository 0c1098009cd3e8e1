"""The configuration of `spanlake serve`, and the one rule for where the data is."""

from spanlake.config.endpoint import Endpoint
from spanlake.config.loading import catalog_url, data_path, listen_error, load_settings
from spanlake.config.model_access import (
    JUDGE_MODEL_VARIABLE,
    judge_model,
    keep_private,
    model_access,
)
from spanlake.config.overrides import Overrides
from spanlake.config.settings import (
    GrpcProtocol,
    HttpProtocol,
    LakeExporter,
    Settings,
)

__all__ = [
    "JUDGE_MODEL_VARIABLE",
    "Endpoint",
    "GrpcProtocol",
    "HttpProtocol",
    "LakeExporter",
    "Overrides",
    "Settings",
    "catalog_url",
    "data_path",
    "judge_model",
    "keep_private",
    "listen_error",
    "load_settings",
    "model_access",
]
