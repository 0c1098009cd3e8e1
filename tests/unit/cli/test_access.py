"""`spanlake keys` and `spanlake users`."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from rows import span, write

PASSWORD = "correct horse battery staple\n"  # noqa: S105  # of nobody
KEY = re.compile(r"slk_[a-z0-9]{12}_[A-Za-z0-9_-]{43}")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that is not there yet."""
    return tmp_path / "new" / "lake"


def asked(run: Run, data: Path, *arguments: str, stdin: str = "") -> list[dict[str, Any]]:
    """The rows of a command's JSON."""
    done = run(*arguments, "--data", data, "--format", "json", stdin=stdin)
    assert done.status == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def test_a_key_is_shown_once(run: Run, data: Path) -> None:
    """A key is all of stdout when it is made, and never again; the first one changes something."""
    first = run("keys", "create", "app", "--scope", "ingest", "--data", data)
    assert KEY.fullmatch(first.text.strip())
    assert "shown this once" in first.err
    assert "asks everybody for a key or a sign-in" in first.err
    second = run("keys", "create", "more", "--scope", "read", "--data", data)
    assert "asks everybody" not in second.err
    shown = run("keys", "list", "--data", data).text + run("keys", "list", "--data", data).err
    listed = asked(run, data, "keys", "list")
    assert [each["name"] for each in listed] == ["app", "more"]
    assert not KEY.search(shown + json.dumps(listed))


def test_what_a_key_is_made_for(run: Run, data: Path) -> None:
    """Scopes, experiment, end and limits are those that were asked for."""
    (made,) = asked(
        run,
        data,
        *("keys", "create", "app", "--scope", "read", "--scope", "ingest", "--experiment", "mine"),
        *("--expires", "2099-01-31", "--requests-per-minute", "60", "--bytes-per-day", "1000000"),
    )
    assert (made["scopes"], made["experiment"]) == (["ingest", "read"], "mine")
    assert made["expires_at"] == "2099-01-31T00:00:00Z"
    assert (made["requests_per_minute"], made["bytes_per_day"]) == (60, 1_000_000)
    assert made["key"].startswith(made["prefix"])
    (soon,) = asked(run, data, "keys", "create", "soon", "--scope", "read", "--expires", "90d")
    assert soon["created_at"] < soon["expires_at"] < made["expires_at"]


def test_revoked_keys_are_listed_on_demand(run: Run, data: Path) -> None:
    """A revoked key is out of the list, save with --all."""
    asked(run, data, "keys", "create", "app", "--scope", "read")
    (revoked,) = asked(run, data, "keys", "revoke", "app")
    assert (revoked["state"], asked(run, data, "keys", "list")) == ("revoked", [])
    assert [each["state"] for each in asked(run, data, "keys", "list", "--all")] == ["revoked"]
    assert "no keys; `spanlake keys create" in run("keys", "list", "--data", data).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keys", "create", "app"], "--scope is missing: must be one or more of ingest, read"),
        (["keys", "create", "app", "--scope", "all"], "--scope is 'all': must be ingest, read"),
        (
            ["keys", "create", "app", "--scope", "read", "--expires", "never"],
            "--expires is never: must be how long ahead, such as 90d, or a date such as 2027-01-31",
        ),
        (["keys", "revoke", "nobody"], "KEY is 'nobody': must be the id or name of a key"),
        (["users", "create", "ann", "--role", "boss"], "ROLE is 'boss': must be viewer, labeler"),
        (["users", "create", "ann"], "stdin is no terminal; give --password-file FILE"),
        (["users", "role", "ann", "admin"], "NAME is 'ann': no such user"),
        (["users", "remove", "ann"], "NAME is 'ann': no such user"),
    ],
)
def test_mistakes(run: Run, data: Path, arguments: list[str], said: str) -> None:
    """A mistake is told in one line, with the next step, and changes nothing."""
    data.mkdir(parents=True)
    done = run(*arguments, "--data", data)
    assert (done.status, done.out) == (2, b"")
    assert done.err.startswith(f"error: {said}") or said in done.err
    assert asked(run, data, "keys", "list") == []


def test_users(run: Run, data: Path, tmp_path: Path) -> None:
    """A user is made, given another role and another password, and removed."""
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    create = ("users", "create", "ann", "--role", "editor", "--password-file")
    (ann,) = asked(run, data, *create, "-", stdin=PASSWORD)
    assert (ann["role"], ann["signs_in_by"]) == ("editor", ["password"])
    asked(run, data, "users", "create", "bob", "--no-password")
    assert asked(run, data, "users", "role", "bob", "admin")[0]["role"] == "admin"
    asked(run, data, "users", "password", "bob", "--password-file", str(file))
    listed = asked(run, data, "users", "list")
    assert [each["signs_in_by"] for each in listed] == [["password"], ["password"]]
    assert "argon2" not in json.dumps(listed)
    asked(run, data, "users", "remove", "ann")
    assert [each["name"] for each in asked(run, data, "users", "list")] == ["bob"]
    audit = run("sql", "SELECT action FROM audit ORDER BY event_id", "--data", data)
    assert "user.password" in audit.text


def test_a_short_password_is_refused(run: Run, data: Path) -> None:
    """A password has to have twelve characters."""
    create = ("users", "create", "ann", "--password-file", "-", "--data", data)
    done = run(*create, stdin="too short\n")
    assert done.status == 2
    assert "the password has 9 characters: must have 12 to 1,000" in done.err


def test_deleting_is_audited(run: Run, tmp_path: Path) -> None:
    """What a command deletes for good is in the audit log, with who did it and how much it was."""
    lake = tmp_path / "lake"
    write(lake, span("a", trace_id="a" * 32), span("b", trace_id="b" * 32, session_id="s"))
    assert run("traces", "delete", "a" * 32, "--yes", "--data", lake).status == 0
    assert run("traces", "delete", "--session", "s", "--yes", "--data", lake).status == 0
    query = (
        "SELECT actor_type, action, target, details.count::INT AS n FROM audit ORDER BY event_id"
    )
    rows = json.loads(run("sql", query, "--data", lake, "--format", "json").out)
    first = {"actor_type": "local", "action": "traces.delete", "target": "a" * 32, "n": 1}
    assert first in rows
    assert [(each["action"], each["n"]) for each in rows] == [("traces.delete", 1)] * 2
