"""What of the environment says how a bucket is reached."""

import os

_PREFIXES = ("AWS_",)
_NAMES = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_STATE_HOME"}
)


def object_store_variables() -> dict[str, str]:
    """The variables that a process needs which reads the same bucket as this one."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_PREFIXES) or name.upper() in _NAMES
    }
