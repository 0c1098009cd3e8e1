"""Checks of the machine: Python, packages, file descriptors."""

import platform
import resource
import sys
from importlib.metadata import version

from spanlake.cli.doctor.check import Check, ok, warn

_PACKAGES = ("spanlake", "duckdb", "pyarrow", "grpcio", "ptars", "protobuf")
# A query opens every file it reads, and every exporter holds a connection.
_MIN_DESCRIPTORS = 1024


def check_machine() -> list[Check]:
    """Every check of this module."""
    return [_python(), _packages(), _protobuf(), _descriptors()]


def _python() -> Check:
    return ok("python", f"{platform.python_version()} ({sys.executable}), {platform.platform()}")


def _packages() -> Check:
    return ok("packages", ", ".join(f"{name} {version(name)}" for name in _PACKAGES))


def _protobuf() -> Check:
    from google.protobuf.internal import api_implementation

    backend = api_implementation.Type()
    if backend == "upb":
        return ok("protobuf", "backend is upb")
    return warn(
        "protobuf",
        f"backend is {backend}, many times slower than upb",
        "reinstall protobuf from a wheel, and unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
    )


def _descriptors() -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    fact = f"limit is {_limit(soft)} (hard limit {_limit(hard)})"
    if soft == resource.RLIM_INFINITY or soft >= _MIN_DESCRIPTORS:
        return ok("file descriptors", fact)
    return warn("file descriptors", fact, f"ulimit -n {_MIN_DESCRIPTORS} or more before serve")


def _limit(value: int) -> str:
    return "unlimited" if value == resource.RLIM_INFINITY else str(value)
