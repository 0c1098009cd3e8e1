"""`spanlake doctor` and each of its checks."""

import json
import os
import resource
import shutil
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import Run
from http_double import Handler, HttpDouble
from rows import span, write

from spanlake.cli.doctor import directory
from spanlake.cli.doctor.catalog import check_catalog
from spanlake.cli.doctor.check import Check, Verdict
from spanlake.cli.doctor.directory import check_directory
from spanlake.cli.doctor.machine import check_machine
from spanlake.cli.doctor.serving import check_serving
from spanlake.cli.doctor.stored import check_stored
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import default_location


def named(checks: list[Check], name: str) -> Check:
    """The check of this name."""
    return next(check for check in checks if check.name == name)


class Usage(NamedTuple):
    """A disk's size, as shutil tells it."""

    total: int
    used: int
    free: int


def test_all_is_well(run: Run, data: Path) -> None:
    """Every check has a verdict and a fact, and of those of the data none is bad."""
    shown = run("doctor", "--data", data, "--format", "json")
    checks = {check["name"]: check for check in json.loads(shown.out)}
    assert list(checks) == [
        "python",
        "packages",
        "protobuf",
        "file descriptors",
        "data directory",
        "file system",
        "free disk",
        "fsync",
        "stored files",
        "clock",
        "catalog",
        "configuration",
        "grpc port",
        "http port",
    ]
    assert {checks[name]["verdict"] for name in ("data directory", "fsync", "stored files")} == {
        "ok"
    }
    assert checks["stored files"]["fact"].startswith("3 files, 5 rows, ")
    assert all(check["fact"] for check in checks.values())


def test_what_is_wrong_comes_with_a_next_step(run: Run, data: Path) -> None:
    """A damaged file fails the whole, is named, and has a next step below it."""
    next(data.rglob("*.parquet")).write_bytes(b"PAR1")
    shown = run("doctor", "--data", data)
    assert shown.status == 1
    (_, finding) = shown.text.split("\nfail  stored files")
    assert "1 unreadable, first " in finding
    assert "→ restore them from a backup" in finding


def test_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    """A directory that serve will make is checked by what it will stand in."""
    checks = check_directory(tmp_path / "new" / "lake")
    assert {check.verdict for check in checks} <= {Verdict.OK, Verdict.WARN}
    assert named(checks, "data directory").fact.endswith("lake, which serve will make")
    assert not (tmp_path / "new").exists()


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    """A data directory that is a file is all that needs to be said."""
    file = tmp_path / "lake"
    file.touch()
    (check,) = check_directory(file)
    assert (check.verdict, check.fact) == (Verdict.FAIL, f"{file} is a file")


def test_a_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog is opened where it is; one that cannot be is named with the next step."""
    assert check_catalog(tmp_path / "none") == []
    (new,) = check_catalog(tmp_path)
    assert (new.verdict, new.fact) == (
        Verdict.OK,
        f"{tmp_path}/catalog.sqlite, which serve will make",
    )
    Catalog.open(default_location(tmp_path)).close()
    (there,) = check_catalog(tmp_path)
    assert (there.verdict, there.fact) == (Verdict.OK, f"{tmp_path}/catalog.sqlite")
    monkeypatch.setenv("SPANLAKE_CATALOG", "postgresql://me:secret@127.0.0.1:1/spans")
    (down,) = check_catalog(tmp_path)
    assert (down.verdict, down.next_step) == (
        Verdict.WARN,
        "check that the server runs and lets you in",
    )
    assert down.fact.startswith("the catalog is postgresql://me@127.0.0.1:1/spans: cannot be used")


def test_a_directory_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right to write, nothing is written to find out how fast that is."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    checks = check_directory(tmp_path)
    assert named(checks, "data directory").verdict is Verdict.FAIL
    assert [check.name for check in checks] == ["data directory", "file system", "free disk"]


def test_a_directory_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of another user is worth a warning."""
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    check = named(check_directory(tmp_path), "data directory")
    assert check.verdict is Verdict.WARN
    assert check.fact.endswith("and you are 12345")


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("ext4", Verdict.OK),
        ("tmpfs", Verdict.WARN),
        ("nfs4", Verdict.WARN),
        ("fuse.s", Verdict.WARN),
    ],
)
def test_file_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, verdict: Verdict
) -> None:
    """The innermost mount decides; what forgets or is elsewhere is worth a warning."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 1 8:1 / / rw shared:1 - xfs /dev/a rw\n"
        f"2 1 8:2 / {tmp_path.parent} rw - {kind} /dev/b rw\n"
        "3 1 8:3 / /elsewhere rw - proc /dev/c rw\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(directory, "_MOUNTS", mounts)
    check = named(check_directory(tmp_path), "file system")
    assert check.verdict is verdict
    assert check.fact.startswith(kind)


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(2 << 30, Verdict.OK), (512 << 20, Verdict.WARN), (32 << 20, Verdict.FAIL)],
)
def test_free_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict
) -> None:
    """Under 1 GiB is worth a warning; under 64 MiB the server would not be ready."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10 << 30, 0, free))
    check = named(check_directory(tmp_path), "free disk")
    assert check.verdict is verdict
    assert check.fact == f"{free >> 20:,} of 10,240 MiB"


def test_an_fsync_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that refuses to sync is not fit."""

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    check = named(check_directory(tmp_path), "fsync")
    assert (check.verdict, check.fact) == (Verdict.FAIL, "does not work: Input/output error")


def test_few_file_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A low limit of open files is worth a warning, with the command that raises it."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, -1))
    check = named(check_machine(), "file descriptors")
    assert check.verdict is Verdict.WARN
    assert check.fact == "limit is 256 (hard limit unlimited)"


def test_data_from_the_future(tmp_path: Path) -> None:
    """Rows that arrive later than now mean that a clock was wrong."""
    ahead = datetime.now(UTC) + timedelta(hours=1)
    write(tmp_path, span("1", received_at=ahead))
    check = named(check_stored(tmp_path), "clock")
    assert check.verdict is Verdict.WARN
    assert f"arrived at {ahead:%Y-%m-%dT%H:%M:%SZ}, in the future" in check.fact


class _Answering(Handler):
    status: int
    content: bytes

    def reply(self) -> None:
        self.answer(self.status, self.content)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b'{"status": "ready"}', Verdict.OK),
        (503, b'{"status": "not ready", "problems": ["no disk"]}', Verdict.WARN),
        (200, b"<html>", Verdict.FAIL),
        (200, b"[]", Verdict.FAIL),
    ],
)
def test_ports_that_are_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, body: bytes, verdict: Verdict
) -> None:
    """A port that Spanlake itself has is well, one that another program has is not."""
    monkeypatch.chdir(tmp_path)
    double = HttpDouble(_Answering, status=status, content=body)
    with double, socket.create_server(("127.0.0.1", 0)) as grpc:
        Path("otel-config.yaml").write_text(
            "receivers: {otlp: {protocols: {"
            f"grpc: {{endpoint: '127.0.0.1:{grpc.getsockname()[1]}'}}, "
            f"http: {{endpoint: '{double.url.removeprefix('http://')}'}}}}}}}}",
            encoding="utf-8",
        )
        checks = check_serving(None)
    assert {named(checks, name).verdict for name in ("grpc port", "http port")} == {verdict}


def test_a_configuration_that_serve_would_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in the configuration is found, and said as serve would say it."""
    monkeypatch.chdir(tmp_path)
    Path("otel-config.yaml").write_text("recievers: {}\n", encoding="utf-8")
    (check,) = check_serving(None)
    assert check.verdict is Verdict.FAIL
    assert check.fact.startswith("otel-config.yaml:1: recievers ")
