"""What the environment says of models: which one judges, where providers are, and their keys."""

import os

JUDGE_MODEL_VARIABLE = "SPANLAKE_JUDGE_MODEL"
"""The environment variable that names the model of judges that name none."""


def keep_private(variable: str) -> None:
    """Tell a library, by a variable it reads, to report nothing, unless the user set it."""
    os.environ.setdefault(variable, "true")


def judge_model() -> str | None:
    """Which model judges by default; None if nobody said."""
    return os.environ.get(JUDGE_MODEL_VARIABLE) or None


def model_access(variable: str) -> str | None:
    """Read a variable that holds a provider's API key or base URL; None if it is not set."""
    return os.environ.get(variable, "").strip() or None
