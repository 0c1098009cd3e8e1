"""Spanlake and its peers: how each is installed, started, counted and asked."""

import os
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from spanlake.storage.layout import Layout
from spanlake.storage.snapshot import TableReader

REPOSITORY = Path(__file__).parents[2]
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Product:
    """A server of traces.

    requirement: what pip is told. command: of its virtual environment, run in an empty folder;
    {port}, {grpc} and {folder} are replaced. environment: what is set beside it. health: the path
    that answers 200 once it serves. headers: that its OTLP door asks for. has_grpc: whether it has
    a gRPC door. stored: how many spans are on the disk of a folder, whether or not it runs.
    questions: the program that asks it, run by its own Python. reader: of the conformance suite.
    caveat: what has to be known of its set-up.
    """

    name: str
    requirement: str
    command: tuple[str, ...]
    health: str
    has_grpc: bool
    stored: Callable[[Path], int]
    questions: Path
    reader: str
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    caveat: str = ""


def products() -> tuple[Product, ...]:
    """All three, with the versions that requirements.txt names."""
    pins = _pins()
    return (
        Product(
            name="Spanlake",
            requirement=str(REPOSITORY),
            command=(
                *("bin/spanlake", "serve", "--data", "{folder}/data"),
                *("--http-port", "{port}", "--grpc-port", "{grpc}"),
            ),
            health="/readyz",
            has_grpc=True,
            stored=_in_lake,
            questions=_HERE / "ask_spanlake.py",
            reader="spanlake",
            caveat="a request is answered once it is on the disk",
        ),
        Product(
            name="MLflow",
            requirement=pins["mlflow"],
            command=("bin/mlflow", "server", "--port", "{port}"),
            health="/health",
            has_grpc=False,
            stored=lambda folder: _in_sqlite(folder / "mlflow.db", "spans"),
            questions=_HERE / "ask_mlflow.py",
            reader="mlflow",
            environment={
                "MLFLOW_DISABLE_TELEMETRY": "true",
                # Without it the first span of each worker waits for a catalog from the internet.
                "MLFLOW_MODEL_CATALOG_URI": "",
            },
            headers={"x-mlflow-experiment-id": "0"},
            caveat="SQLite, as `mlflow server` without options has it; four workers",
        ),
        Product(
            name="Phoenix",
            requirement=pins["arize-phoenix"],
            command=("bin/phoenix", "serve"),
            health="/healthz",
            has_grpc=True,
            stored=lambda folder: _in_sqlite(folder / "phoenix.db", "spans"),
            questions=_HERE / "ask_phoenix.py",
            reader="phoenix",
            environment={
                "PHOENIX_TELEMETRY_ENABLED": "false",
                "PHOENIX_WORKING_DIR": "{folder}",
                "PHOENIX_HOST": "127.0.0.1",
                "PHOENIX_PORT": "{port}",
                "PHOENIX_GRPC_PORT": "{grpc}",
            },
            caveat="SQLite, as `phoenix serve` without options has it; answers before it stores",
        ),
    )


def _pins() -> dict[str, str]:
    """The requirements of the peers, by name."""
    lines = (_HERE / "requirements.txt").read_text("utf-8").splitlines()
    return {line.partition("==")[0]: line for line in lines if not line.startswith("#")}


def _in_sqlite(path: Path, table: str) -> int:
    if not path.exists():
        return 0
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as database:
        try:
            found = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # ours
        except sqlite3.OperationalError:  # not made yet
            return 0
    return int(found[0])


def _in_lake(folder: Path) -> int:
    # The footers of the files that are on view, as quick to read as SQLite's count.
    snapshot = TableReader(Layout(folder / "data"), "spans").snapshot()
    hot: int = sum(pq.read_metadata(file).num_rows for file in snapshot.hot)
    return hot + sum(snapshot.sealed.rows)


def python_of(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / "bin" / "python"


def environment_of(product: Product, replaced: Mapping[str, str]) -> dict[str, str]:
    """What a product's processes are given."""
    own = {name: value.format(**replaced) for name, value in product.environment.items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | own
