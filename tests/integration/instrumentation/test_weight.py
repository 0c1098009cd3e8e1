"""What an app loads when it imports Spanlake and sets it up."""

import subprocess
import sys

import pytest

HEAVY = {
    "alembic", "duckdb", "numpy", "orjson", "polars", "pyarrow", "pydantic", "ptars", "sqlalchemy",
    "starlette", "structlog", "typer",
}  # fmt: skip


def loaded(code: str) -> set[str]:
    """The packages that a program has loaded when it ends."""
    program = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    names = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    return {name.partition(".")[0] for name in names}


def test_an_import_loads_nothing() -> None:
    """`import spanlake` loads neither OpenTelemetry nor anything of the server."""
    assert not loaded("import spanlake") & (HEAVY | {"opentelemetry", "grpc", "requests"})


def test_decorators_need_opentelemetrys_api_only() -> None:
    """A library may decorate its functions: without `init` the SDK is not loaded."""
    code = """
import spanlake

@spanlake.trace
def step(x):
    with spanlake.span("inner") as inner:
        inner.set_outputs({"x": x})
    spanlake.update_current_trace(session_id="s")
    return x

assert step(1) == 1
assert "opentelemetry.sdk.trace" not in sys.modules
"""
    assert not loaded(code) & (HEAVY | {"grpc", "requests"})


@pytest.mark.parametrize(
    ("endpoint", "transport", "other"),
    [("http://127.0.0.1:9", "requests", "grpc"), ("http://127.0.0.1:4317", "grpc", "requests")],
)
def test_init_loads_nothing_of_the_server(endpoint: str, transport: str, other: str) -> None:
    """`init` and feedback load the SDK, and the exporter of one protocol."""
    code = f"""
import spanlake
spanlake.init("bot", "e", {endpoint!r}, "v1", instrument=False)
spanlake.log_feedback(trace_id="1" * 32, value=1)
import logging
logging.disable()
"""
    found = loaded(code)
    assert not found & (HEAVY | {other})
    assert transport in found
