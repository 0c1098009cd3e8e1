"""Scoring on a real Ray cluster: a head and a worker on loopback, each a process of its own."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rows import span, write

import spanlake
from spanlake.entities import Session, Trace
from spanlake.errors import UserError
from spanlake.evaluation.score import score
from spanlake.evaluation.scorers import scorer

ray: Any = pytest.importorskip("ray", reason="the extra spanlake[ray] is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # Ray's own warnings

COUNT = 300


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A head and a worker; `RAY_ADDRESS` names them."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    made = _started()
    os.environ["RAY_ADDRESS"] = made.address
    yield
    ray.shutdown()
    made.shutdown()
    del os.environ["RAY_ADDRESS"]


def _started() -> Any:  # noqa: ANN401  # Ray's
    """A head and a worker; Ray has little patience with a node, which a busy machine may need."""
    kind = import_module("ray.cluster_utils").Cluster
    node = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
    for _ in range(3):
        with suppress(Exception):
            made = kind(initialize_head=True, head_node_args=node)
            made.add_node(**node)
            made.wait_for_nodes()
            return made
    pytest.fail("no cluster could be started")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Stored traces in three sessions."""
    folder = tmp_path / "lake"
    write(
        folder,
        *(
            span(
                "1" * 16,
                trace_id=f"{n:032x}",
                start_ms=n,
                session_id=f"s-{n % 3}",
                input="a",
                output="b" * n,
            )
            for n in range(COUNT)
        ),
    )
    return folder


def ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    with spanlake.connect(data) as lake:
        return lake.sql(query).fetchall()


@pytest.mark.usefixtures("cluster")
def test_a_cluster_scores_as_this_process_does(data: Path) -> None:
    """Every target has one verdict, from either node, the same as without a cluster."""

    @scorer
    def length(outputs: str) -> int:
        return len(outputs)

    @scorer
    async def turns(session: Session) -> int:
        return len(session.traces)

    @scorer
    def process(trace: Trace) -> str:
        return str(os.getpid()) if trace.trace_id else ""

    result = score([length, turns, process, "pii_detection"], engine="ray", lake=data)
    assert result.scored == {
        "length": COUNT,
        "turns": 3,
        "process": COUNT,
        "pii_detection": COUNT,
    }
    assert (result.state, result.errors) == ("finished", 2)  # there is no answer to the first
    assert score([length, turns, process], lake=data).run_id is None
    (processes,) = ask(
        data, "SELECT count(DISTINCT value_string) FROM run_results WHERE name = 'process'"
    )
    assert processes == (2,)
    assert str(os.getpid()) not in str(ask(data, "SELECT DISTINCT value_string FROM run_results"))
    assert ask(data, "SELECT sum(value_double) FROM assessments WHERE name = 'length'") == [
        (sum(range(COUNT)),)
    ]


@pytest.mark.usefixtures("cluster")
def test_a_worker_that_dies_is_replaced(data: Path, tmp_path: Path) -> None:
    """What a dead worker had not answered is scored by another, and what it had is not again."""
    calls = tmp_path / "calls"

    @scorer
    def fragile(trace: Trace) -> bool:
        with calls.open("a") as file:
            file.write(f"{trace.trace_id}\n")
        if int(trace.trace_id, 16) == 150 and calls.read_text().count(trace.trace_id) == 1:
            os._exit(1)
        return True

    assert score([fragile], engine="ray", lake=data).scored == {"fragile": COUNT}
    counts = Counter(calls.read_text().split())
    assert len(counts) == COUNT
    assert sum(counts.values()) <= COUNT + 200  # a batch


@pytest.mark.usefixtures("cluster")
def test_a_judge_without_a_key_on_the_workers_ends_the_run(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the workers lack is told as the error that it is, and the run is stopped."""
    monkeypatch.setenv("OPENAI_API_KEY", "only here")
    with pytest.raises(UserError, match=r"on a worker .* OPENAI_API_KEY is not set"):
        score([spanlake.scorers.Safety(model="openai:/gpt-4o-mini")], engine="ray", lake=data)
    assert ask(data, "SELECT state FROM runs") == [("stopped",)]


@pytest.mark.usefixtures("cluster")
def test_the_command_with_a_scorer_of_the_working_directory(data: Path, tmp_path: Path) -> None:
    """A module that only the one who asks has travels to the workers."""
    (tmp_path / "my_scorers.py").write_text(
        "import spanlake\n\n@spanlake.scorer\ndef mine(outputs):\n    return len(outputs) > 9\n"
    )
    command = [sys.executable, "-m", "spanlake", "score", "--scorer", "my_scorers:mine"]
    done = subprocess.run(
        [*command, "--engine", "ray", "--data", data],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert f"mine: {COUNT:,} verdicts" in done.stdout


def _no_cluster(**_settings: object) -> None:
    raise ConnectionError("Could not find any running Ray instance")


def test_without_a_cluster(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no cluster runs, the error says how to begin one."""
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", _no_cluster)

    @scorer
    def length(outputs: str) -> int:
        return len(outputs)

    with pytest.raises(UserError, match="needs a running cluster"):
        score([length], engine="ray", lake=data)
