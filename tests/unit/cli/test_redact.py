"""`spanlake redact`."""

import json
from pathlib import Path

from command_line import Run
from samples import span, text, traces

from spanlake.collector.redaction.processor import Redactor
from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.config import RedactProcessor
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode


def _stored(data: Path, settings: RedactProcessor | None = None) -> None:
    """A lake of one span of a user with an address in a note."""
    redactor = Redactor.in_lake(settings, data) if settings else None
    noted = span(attributes=[text("user.id", "u-1"), text("note", "to jo@b.example")])
    submission = Submission.of(traces(noted).payload, experiment=None, received_ns=0)
    rows = tabulate_spans([submission], redactor=redactor).rows
    with HotWriter(Layout(data)) as writer:
        writer.open_table("spans")
        writer.commit("spans", encode(rows, [], compression_level=1))


def test_that_rules_are_listed(run: Run) -> None:
    """Every name that the configuration takes is listed."""
    rules = {rule["rule"] for rule in json.loads(run("redact", "rules", "--format", "json").out)}
    assert {"email", "card", "openai_key", "sensitive_key"} <= rules
    assert "email" in run("redact", "rules").text


def test_that_a_check_counts_what_is_stored_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    """The report says by rule what would be found, and the rows stay as they are."""
    data = tmp_path / "lake"
    _stored(data)
    answer = run("redact", "check", "--data", data, "--format", "json")
    assert json.loads(answer.out) == [
        {"signal": "traces", "rule": "email", "findings": 1, "rows": 1}
    ]
    assert "email" in run("redact", "check", "--data", data).text
    assert b"jo@b.example" in run("sql", "SELECT attributes FROM spans", "--data", data).out


def test_that_a_check_goes_by_the_configuration(run: Run, tmp_path: Path) -> None:
    """A file says which rules are tried."""
    data = tmp_path / "lake"
    _stored(data)
    config = tmp_path / "only-cards.yaml"
    config.write_text("processors:\n  redact:\n    rules: [card]\n", encoding="utf-8")
    answer = run("redact", "check", "--data", data, "--config", config)
    assert answer.text == "nothing would be redacted\n"


def test_that_tokens_are_revealed_and_people_erased(run: Run, tmp_path: Path) -> None:
    """A token of the lake is read by command, until its person is erased; then never again."""
    data = tmp_path / "lake"
    _stored(data, RedactProcessor(action="token"))
    query = "SELECT attributes['note'] AS note FROM spans"
    (row,) = json.loads(run("sql", query, "--data", data, "--format", "json").out)
    assert "jo@b" not in row["note"]
    assert run("redact", "reveal", row["note"], "--data", data).text == "to jo@b.example\n"
    assert run("redact", "reveal", "--data", data, stdin=row["note"]).text == "to jo@b.example\n"
    assert run("redact", "erase", "u-1", "--data", data).text == "erased\n"
    assert run("redact", "reveal", row["note"], "--data", data).text == f"{row['note']}\n"
    audit = "SELECT action, target, actor_type FROM audit"
    (event,) = json.loads(run("sql", audit, "--data", data, "--format", "json").out)
    assert event == {"action": "person.erase", "target": None, "actor_type": "local"}
    again = run("redact", "erase", "u-1", "--data", data)
    assert (again.status, "SUBJECT is u-1" in again.err) == (2, True)


def test_that_a_text_without_tokens_is_a_mistake(run: Run, tmp_path: Path) -> None:
    """What cannot be revealed is told, with where tokens come from."""
    answer = run("redact", "reveal", "nothing", "--data", tmp_path)
    assert (answer.status, "TEXT is nothing: must have a token" in answer.err) == (2, True)
