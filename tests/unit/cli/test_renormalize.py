"""`spanlake renormalize`."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import Run
from rich.console import Console
from rows import Row, span, write

from spanlake.cli import progress
from spanlake.semconv.columns import SEMCONV_VERSION
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout

CALL: Row = {
    "attributes": [
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-4o"),
        ("gen_ai.usage.input_tokens", "1000"),
    ],
    "attribute_types": "ssi",
    "resource_types": "",
}
COUNTS = {"files": 1, "spans": 1, "logs": 0, "skipped": 0, "damaged": 0}


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    """A lake of one model call that no mapping has seen."""
    folder = tmp_path / "lake"
    write(folder, span("1", **CALL))
    return folder


def test_it_says_what_it_has_done(run: Run, stale: Path) -> None:
    """One line has the numbers; a second time there is nothing to do."""
    done = run("renormalize", "--data", stale)
    assert (done.status, done.err) == (0, "")
    assert done.text == "renormalized 1 span and 0 log records in 1 file; 0 skipped\n"
    with Lake(stale) as lake:
        rows = lake.sql("SELECT model, semconv_version, cost_usd > 0 FROM spans").fetchall()
    assert rows == [("gpt-4o", SEMCONV_VERSION, True)]
    again = run("renormalize", "--data", stale)
    assert again.text == "renormalized 0 spans and 0 log records in 0 files; 1 skipped\n"


def test_it_says_so_as_json(run: Run, stale: Path) -> None:
    """--format json prints the numbers; --force does what is current again."""
    options = ["--data", stale, "--format", "json"]
    assert json.loads(run("renormalize", *options).out) == [COUNTS]
    skipped = COUNTS | {"files": 0, "spans": 0, "skipped": 1}
    assert json.loads(run("renormalize", *options).out) == [skipped]
    assert json.loads(run("renormalize", "--force", *options).out) == [COUNTS]


def test_since(run: Run, stale: Path) -> None:
    """--since leaves out what is older, and what is no time is the user's mistake."""
    write(stale, span("2", start_ms=3_600_000, **CALL))
    options = ["--data", stale, "--format", "json"]
    done = run("renormalize", "--since", "2026-09-21T14:30:00Z", *options)
    assert json.loads(done.out) == [COUNTS | {"skipped": 1}]
    ended = run("renormalize", "--since", "yesterday", *options)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith("error: --since is yesterday: must be ")


def test_a_damaged_file_is_named(run: Run, stale: Path) -> None:
    """The other files are done, the numbers are printed, and the status is 2."""
    (good,) = Layout(stale).hot_files("spans")
    bad = [write(stale, span("2", **CALL)) for _ in range(2)]
    for path in bad:
        path.write_bytes(b"not Parquet")
    ended = run("renormalize", "--data", stale, "--format", "json")
    assert (ended.status, json.loads(ended.out)) == (2, [COUNTS | {"damaged": 2}])
    assert ended.err.startswith(f"error: {bad[0]} cannot be read (")
    assert ended.err.count("\n") == 1
    assert ", nor can 1 other; all other files are done: " in ended.err
    assert pq.read_table(good)["semconv_version"].to_pylist() == [SEMCONV_VERSION]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("processors: {genai: {prices: true}}", ("gpt-4o", True)),
        ("processors: {genai: {prices: false}}", ("gpt-4o", False)),
        ("service: {pipelines: {traces: {receivers: [otlp], exporters: [lake]}}}", (None, False)),
    ],
)
def test_spans_are_mapped_as_the_server_would(
    run: Run, stale: Path, tmp_path: Path, config: str, expected: tuple[str | None, bool]
) -> None:
    """The configuration says whether there are prices, and GenAI columns at all."""
    elsewhere = "receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}"
    file = tmp_path / "mine.yaml"
    file.write_text(f"{config}\n{elsewhere}\n")
    done = run("renormalize", "--data", stale, "--config", file)
    assert (done.status, done.err) == (0, "")
    with Lake(stale) as lake:
        rows = lake.sql("SELECT model, cost_usd IS NOT NULL FROM spans").fetchall()
    assert rows == [expected]


def test_it_shows_how_far_it_is(run: Run, stale: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long has a bar on a terminal."""
    monkeypatch.setattr(progress, "_QUIET_SECONDS", -1)
    terminal = Console(stderr=True, force_terminal=True)
    monkeypatch.setattr(progress, "console", lambda *, stderr: stderr and terminal)
    assert "files" in run("renormalize", "--data", stale).err


def test_a_missing_directory_is_the_users_mistake(run: Run, tmp_path: Path) -> None:
    """Nothing is made where there is no lake."""
    ended = run("renormalize", "--data", "nowhere")
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith("error: --data is nowhere: no such directory; ")
    assert not (tmp_path / "nowhere").exists()


def test_an_empty_directory_has_nothing_to_do(run: Run, tmp_path: Path) -> None:
    """A data directory that nothing was ever sent to is in order."""
    (tmp_path / "empty").mkdir()
    done = run("renormalize", "--data", "empty")
    assert done.text == "renormalized 0 spans and 0 log records in 0 files; 0 skipped\n"
