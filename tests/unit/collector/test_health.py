import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from spanlake.access.gate import Gate
from spanlake.collector.budget import Budget
from spanlake.collector.health import MIN_FREE_BYTES, Health
from spanlake.collector.intake import Intake
from spanlake.collector.metrics import CollectorMetrics
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout


class Usage(NamedTuple):
    """What `shutil.disk_usage` tells of a disk."""

    total: int
    used: int
    free: int


class Served:
    """The routes of health, with all that they look at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.writer = HotWriter(Layout(root))
        budget = Budget(1 << 20, retry_after=1)
        self.intake = Intake({}, budget, CollectorMetrics(budget))
        self.health = Health(self.intake, self.writer, root, Gate.open(is_local=False))
        self.client = TestClient(Starlette(routes=self.health.routes()))

    def problems(self) -> list[str]:
        """What /readyz says is wrong; it says 503 exactly when there is something."""
        response = self.client.get("/readyz")
        problems: list[str] = response.json().get("problems", [])
        assert response.status_code == (503 if problems else 200)
        assert self.client.get("/healthz").status_code == 200
        return problems


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "data")
    with served.writer:
        yield served


def test_a_server_with_nothing_wrong_is_ready(served: Served) -> None:
    """OTLP 60: with nothing wrong both probes say so."""
    assert served.client.get("/healthz").json() == {"status": "ok"}
    assert served.client.get("/readyz").json() == {"status": "ready"}
    assert served.client.head("/readyz").status_code == 200


def test_a_server_that_stops_is_not_ready(served: Served) -> None:
    """OTLP 34, 60: from the moment it drains, a server is not ready."""
    asyncio.run(served.intake.drain())
    assert served.problems() == ["the server is stopping"]


def test_a_lake_that_is_gone_is_not_ready(served: Served) -> None:
    """OTLP 60: without its directory a server is not ready, and names it."""
    shutil.rmtree(served.root)
    assert served.problems() == [f"{served.root}: No such file or directory"]


def test_a_lake_that_is_read_only_is_not_ready(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OTLP 60: with a directory it may not write to, a server is not ready."""
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (served.root, os.W_OK))
    assert served.problems() == [f"{served.root} is not writable"]


def test_a_disk_that_is_all_but_full_is_not_ready(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OTLP 60: with less free space than the next commits need, a server is not ready."""
    free = MIN_FREE_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free, 0, free))
    assert served.problems() == []
    free -= 1
    assert served.problems() == [f"{served.root} has 63 MiB free, under 64"]


def test_a_commit_that_cannot_be_taken_back_is_not_ready(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OTLP 60: while a failed commit's file stands in the way, a server is not ready."""
    monkeypatch.setattr(HotWriter, "blocked_by", property(lambda _: [Path("7.parquet")]))
    (problem,) = served.problems()
    assert problem.startswith("7.parquet is of a failed commit")


def test_metrics_are_in_the_text_format(served: Served) -> None:
    """The counters are served as Prometheus reads them."""
    response = served.client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "spanlake_queue_limit_bytes 1.048576e+06" in response.text
