"""What a running server lets in, over real sockets, and what it says and keeps of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import grpc
import httpx2
import pytest
from credentials import ACTOR, PASSWORD, bearer, make_key
from google.rpc.error_details_pb2 import RetryInfo
from samples import sample, span, text, traces
from server import RunningServer, wait_until
from wire import Client, Transport

import spanlake
from spanlake.entities import Signal
from spanlake.entities.access import Permission
from spanlake.errors import UserError
from spanlake.storage.catalog.audit_log import read_audit
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.keys import create_key, list_keys, revoke_key
from spanlake.storage.catalog.location import default_location


class Guarded(Protocol):
    """The fixture of that name."""

    server: RunningServer
    keys: dict[str, str]
    url: str


def audit(data: Path, action: str) -> list[dict[str, Any]]:
    with Catalog.open(default_location(data)) as catalog:
        return [each for each in read_audit(catalog) if each["action"] == action]


def test_python_over_http_with_a_key(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook asks a server with the key in its environment, and is told where that belongs."""
    with spanlake.connect(guarded.url) as lake:
        with pytest.raises(UserError, match=r"no key is given.*\$SPANLAKE_KEY"):
            lake.sql("SELECT 1")
        monkeypatch.setenv("SPANLAKE_KEY", guarded.keys["read"])
        assert lake.sql("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("signal", Signal)
def test_ingest_with_and_without_a_key(
    guarded: Guarded, guarded_client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 28, 35: a request is stored with a key for it; else it is told what it lacks."""
    request = sample(signal).request

    def send(**headers: str) -> grpc.StatusCode | None:
        answer = guarded_client.send(transport, signal, request, headers=headers)
        assert answer.detail(RetryInfo) is None
        if answer.http is not None and answer.code is grpc.StatusCode.UNAUTHENTICATED:
            assert answer.http.headers["www-authenticate"] == "Bearer"
        return answer.code

    assert send() is grpc.StatusCode.UNAUTHENTICATED
    assert send(**bearer("slk_")) is grpc.StatusCode.UNAUTHENTICATED
    assert send(**bearer(guarded.keys["read"])) is grpc.StatusCode.PERMISSION_DENIED
    assert send(**bearer(guarded.keys["ingest"])) is grpc.StatusCode.OK
    assert send(**{"x-spanlake-key": guarded.keys["admin"]}) is grpc.StatusCode.OK


@pytest.mark.parametrize("transport", Transport)
def test_a_key_for_one_experiment(
    guarded: Guarded, guarded_client: Client, transport: Transport
) -> None:
    """What is sent with such a key is of its experiment; spans of another one are rejected."""
    key = bearer(guarded.keys["mine"])
    silent, same = span("silent"), span("same", attributes=[text("spanlake.experiment", "mine")])
    other = span("other", attributes=[text("spanlake.experiment", "theirs")])
    headers = key | {"x-spanlake-experiment": "theirs"}
    sent = traces(silent, other, same).request
    answer = guarded_client.send(transport, Signal.TRACES, sent, headers=headers)
    assert (answer.code, answer.rejected) == (grpc.StatusCode.OK, 1)
    assert answer.message == "experiment 'theirs' is not the one of this key, which is 'mine'"
    with spanlake.connect(guarded.server.data) as lake:
        ids = [each.span_id.hex() for each in (silent, other, same)]
        query = "SELECT experiment, count(*) FROM spans WHERE list_contains(?, span_id) GROUP BY 1"
        assert lake.sql(query, [ids]).fetchall() == [("mine", 2)]


def test_what_such_a_key_reads(guarded: Guarded, guarded_client: Client) -> None:
    """A key for one experiment reads the traces of that one, and nothing that is about all."""
    ids = {}
    for name in ("mine", "theirs"):
        sent = span(attributes=[text("spanlake.experiment", name)])
        key = bearer(guarded.keys["ingest"])
        guarded_client.send(Transport.GRPC, Signal.TRACES, traces(sent).request, headers=key)
        ids[name] = sent.trace_id.hex()
    with httpx2.Client(
        base_url=guarded.url, headers=bearer(guarded.keys["mine"]), timeout=60
    ) as client:
        listed = client.get("/api/v1/traces").json()["traces"]
        assert {each["experiment"] for each in listed} == {"mine"}
        assert client.get("/api/v1/traces", params={"experiment": "theirs"}).status_code == 403
        assert client.get(f"/api/v1/traces/{ids['mine']}").status_code == 200
        assert client.get(f"/api/v1/traces/{ids['theirs']}").status_code == 404
        asked = client.post("/api/v1/sql", json={"query": "SELECT 1"})
        assert (asked.status_code, "about all of them" in asked.json()["detail"]) == (403, True)


def test_a_revoked_key_is_refused_within_a_second(guarded: Guarded) -> None:
    """A key works as soon as it is made, and no longer than a second after it is revoked."""
    key = make_key(guarded.server.data, "short", Permission.READ)
    with httpx2.Client(base_url=guarded.url, headers=bearer(key), timeout=60) as client:
        wait_until(lambda: client.get("/api/v1/versions").status_code == 200, seconds=60)
        with Catalog.open(default_location(guarded.server.data)) as catalog:
            revoke_key(catalog, "short", actor=ACTOR)
        wait_until(lambda: client.get("/api/v1/versions").status_code == 401, seconds=60)
        assert "'short' is revoked" in client.get("/api/v1/versions").json()["detail"]


@pytest.mark.parametrize("transport", Transport)
def test_quotas(guarded: Guarded, guarded_client: Client, transport: Transport) -> None:
    """OTLP 29, 31: over its quota a key is told when to come again, in the words of OTLP."""
    with Catalog.open(default_location(guarded.server.data)) as catalog:
        keys = [
            create_key(catalog, "1", ["ingest"], actor=ACTOR, requests_per_minute=1).text,
            create_key(catalog, "2", ["ingest"], actor=ACTOR, bytes_per_day=150).text,
        ]
    request = sample(Signal.LOGS).request
    assert 75 < request.ByteSize() < 150
    for key, said in zip(keys, ("1 requests a minute", "150 bytes a day"), strict=True):

        def send(shown: str = key) -> Any:  # noqa: ANN401  # an answer
            return guarded_client.send(transport, Signal.LOGS, request, headers=bearer(shown))

        wait_until(lambda: send().code is not grpc.StatusCode.UNAUTHENTICATED, seconds=60)
        refused = send()
        assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        retry = refused.detail(RetryInfo)
        assert retry is not None
        assert retry.retry_delay.ToTimedelta().total_seconds() > 0
        assert said in refused.status.message
        if refused.http is not None:
            assert refused.http.status == 429
            assert int(refused.http.headers["retry-after"]) >= 1


def test_the_last_use_is_known(guarded: Guarded, guarded_client: Client) -> None:
    """When a key was last used, and what was sent with it today, is in the list of keys."""
    key = make_key(guarded.server.data, "used", Permission.INGEST)
    request = sample(Signal.LOGS).request

    def send() -> bool:
        answer = guarded_client.send(Transport.GRPC, Signal.LOGS, request, headers=bearer(key))
        return answer.code is grpc.StatusCode.OK

    wait_until(send, seconds=60)

    def known() -> bool:
        with Catalog.open(default_location(guarded.server.data)) as catalog:
            (used,) = (each for each in list_keys(catalog) if each.name == "used")
        return used.last_used_at is not None and used.bytes_today == request.ByteSize()

    wait_until(known, seconds=60)


@contextmanager
def signed_in(guarded: Guarded, name: str) -> Iterator[httpx2.Client]:
    """The browser of a user."""
    with httpx2.Client(base_url=guarded.url, timeout=60) as client:
        form = {"name": name, "password": PASSWORD, "next": "/sql"}
        answer = client.post("/sign-in", data=form, headers={"origin": guarded.url})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sql"), answer.text
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        yield client


def test_a_person_signs_in_and_out(guarded: Guarded) -> None:
    """With the right password the pages open; signed out, the same cookie opens nothing."""
    with signed_in(guarded, "ann") as browser:
        page = browser.get("/traces")
        assert (page.status_code, "Signed in as ann" in page.text) == (200, True)
        kept = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        left = browser.post("/sign-out", headers={"origin": guarded.url})
        assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
        assert (
            httpx2.get(f"{guarded.url}/traces", headers={"cookie": kept}, timeout=60).status_code
            == 303
        )
    events = [each["actor"] for each in audit(guarded.server.data, "session.sign_out")]
    assert events.count("ann") >= 1


def test_what_signs_nobody_in(guarded: Guarded) -> None:
    """A wrong password, an unknown name and another site's form say the same little, or less."""
    with httpx2.Client(base_url=guarded.url, timeout=60) as browser:
        wrong = [
            browser.post("/sign-in", data={"name": name, "password": "wrong" * 4})
            for name in ("ann", "nobody")
        ]
        assert {each.status_code for each in wrong} == {401}
        assert all("the name or the password is wrong" in each.text for each in wrong)
        form = {"name": "ann", "password": PASSWORD}
        foreign = browser.post("/sign-in", data=form, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert not browser.cookies


def test_a_part_of_a_page_sends_the_page_to_sign_in(guarded: Guarded) -> None:
    """Where nobody is signed in and a part of a page is asked for, the page goes to sign in."""
    answer = httpx2.get(f"{guarded.url}/parts/status", headers={"hx-request": "true"}, timeout=60)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


def test_who_assessed_is_who_signed_in(guarded: Guarded, guarded_client: Client) -> None:
    """An assessment from a page is by whoever has signed in, whatever its form says."""
    sent = span()
    key = bearer(guarded.keys["ingest"])
    guarded_client.send(Transport.GRPC, Signal.TRACES, traces(sent).request, headers=key)
    with signed_in(guarded, "ann") as browser:
        path = f"/traces/{sent.trace_id.hex()}/assessments"
        form = {"name": "good", "value": "yes", "source_id": "somebody else"}
        assert browser.post(path, data=form, headers={"origin": guarded.url}).status_code == 303
    with spanlake.connect(guarded.server.data) as lake:
        query = "SELECT source_id FROM assessments WHERE trace_id = ?"
        assert lake.sql(query, [sent.trace_id.hex()]).fetchall() == [("ann",)]


def test_the_audit_log_is_for_administrators(guarded: Guarded) -> None:
    """SQL shows the audit log to administrators; to others it is a view they may not ask."""
    query = {"query": "SELECT count(*) AS n FROM audit WHERE action = 'key.create'"}
    for scope, status in (("admin", 200), ("read", 400)):
        answer = httpx2.post(
            f"{guarded.url}/api/v1/sql", json=query, headers=bearer(guarded.keys[scope]), timeout=60
        )
        assert answer.status_code == status
        assert ("the view audit is for administrators" in answer.text) is (status == 400)


def test_refused_attempts_are_counted_in_the_audit_log(guarded: Guarded) -> None:
    """Who was refused what is in the audit log: one row for attempts that are alike, not each."""
    for _ in range(5):
        httpx2.get(f"{guarded.url}/metrics", headers=bearer(guarded.keys["label"]), timeout=60)

    def seen() -> list[dict[str, Any]]:
        refused = audit(guarded.server.data, "access.refuse")
        return [each for each in refused if each["target"] == "GET /metrics"]

    wait_until(lambda: bool(seen()), seconds=60)
    first = seen()[-1]
    assert (first["actor_type"], first["actor"], first["source"]) == ("key", "label", "127.0.0.1")
    assert "has the scope label: this asks for read" in first["reason"]
    assert len(seen()) == 1


def test_secrets_are_nowhere(guarded: Guarded) -> None:
    """No key, no password and no cookie is in the data directory or in the log."""
    with signed_in(guarded, "root") as browser:
        token = next(iter(browser.cookies.values())).partition(".")[0]
    secrets = [key.split("_", 2)[2] for key in guarded.keys.values()] + [PASSWORD, token]
    texts = [path.read_bytes() for path in guarded.server.data.rglob("*") if path.is_file()]
    texts.append(guarded.server.log().encode())
    found = [secret for secret in secrets for content in texts if secret.encode() in content]
    assert not found


@pytest.fixture
def laptop(data: Path) -> Iterator[RunningServer]:
    """A server on loopback, as it is without any configuration."""
    with RunningServer(data) as running:
        yield running


def test_a_laptop_is_open_until_the_first_key(laptop: RunningServer) -> None:
    """Without a key anybody on the machine may ask; with the first one everybody is asked."""
    url = f"http://{laptop.http}"
    assert httpx2.get(f"{url}/api/v1/versions", timeout=60).status_code == 200
    command = [sys.executable, "-m", "spanlake", "keys", "create", "first", "--scope", "read"]
    command += ["--data", str(laptop.data), "--format", "json"]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "asks everybody for a key or a sign-in" in made.stderr
    wait_until(
        lambda: httpx2.get(f"{url}/api/v1/versions", timeout=60).status_code == 401, seconds=60
    )
    (key,) = json.loads(made.stdout)
    assert (
        httpx2.get(f"{url}/api/v1/versions", headers=bearer(key["key"]), timeout=60).status_code
        == 200
    )
    assert httpx2.get(f"{url}/healthz", timeout=60).status_code == 200


def test_foreign_names_and_sites_send_nothing(server: RunningServer) -> None:
    """A page of another site, by any name it lets point here, sends no telemetry to a laptop."""
    for headers in (
        {"host": "evil.example:4318"},
        {"host": "127.0.0.1.nip.io"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    ):
        sent = {"content-type": "application/json", **headers}
        answer = httpx2.post(
            f"http://{server.http}/v1/traces", content=b"{}", headers=sent, timeout=60
        )
        assert (answer.status_code, answer.json()["code"]) == (403, 7)
