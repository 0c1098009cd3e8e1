"""What a program does not load to start, and still has when it is asked for."""

import subprocess
import sys

import pytest

NOT_TO_START = "alembic", "joserfc", "lark", "markdown_it", "pandas", "polars"


def printed(program: str) -> str:
    """What a program prints that begins as a server does."""
    start = "import sys; from spanlake.cli.quick_start import leave_pandas_out; leave_pandas_out()"
    done = subprocess.run(
        [sys.executable, "-c", f"{start}\n{program}"], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_a_server_starts_without_what_it_may_never_need() -> None:
    """Data frames, parsers, migrations and sign-ins elsewhere are loaded by their first use."""
    loaded = printed(
        "import spanlake.collector.service, spanlake.web.app; "
        f"print(*(name for name in {NOT_TO_START} if name in sys.modules))"
    )
    assert loaded == ""


@pytest.mark.parametrize(
    "program",
    [
        "pa.table({'a': [1.5, None]}).to_pandas().equals(pd.DataFrame({'a': [1.5, None]}))",
        "pa.Table.from_pandas(pd.DataFrame({'a': [1.5, None]})).to_pydict() == {'a': [1.5, None]}",
    ],
)
def test_pandas_is_there_when_it_is_asked_for(program: str) -> None:
    """Tables become data frames, and data frames tables, as if pandas had been there all along."""
    assert printed(f"import pyarrow as pa, pandas as pd; print({program})") == "True"
