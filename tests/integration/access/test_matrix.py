"""Every route and method, and every kind of credential: who is let in is what the policy says.

The table is made from the routes themselves, so that a new route is in it from its first day. What
the handlers do is left out: behind the gate there is a plain answer.
"""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from credentials import ACTOR, PASSWORD, bearer, make_key, make_user
from server import wait_until
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from spanlake.access.access import Access
from spanlake.access.policy import Policy
from spanlake.access.routes import GuardedRoute, PublicMount
from spanlake.collector.budget import Budget
from spanlake.collector.grpc_receiver import POLICIES
from spanlake.collector.health import Health
from spanlake.collector.http_receiver import HttpReceiver
from spanlake.collector.http_server import HttpServer
from spanlake.collector.intake import Intake
from spanlake.collector.metrics import CollectorMetrics
from spanlake.config import HttpProtocol, Settings
from spanlake.entities.access import SCOPES, Permission, Role
from spanlake.storage.catalog.access_tables import API_KEYS
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.keys import revoke_key
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.users import remove_user
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.web.app import routes
from spanlake.web.services import Services

PUBLIC, READ, LABEL = Permission.PUBLIC, Permission.READ, Permission.LABEL
EDIT, ADMIN, INGEST = Permission.EDIT, Permission.ADMIN, Permission.INGEST
URL = "http://localhost:4318"

GRANTS: dict[str, set[Permission]] = {
    "nothing": set(),
    "what is no key": set(),
    "a key of nobody": set(),
    "a key with another secret": set(),
    "a revoked key": set(),
    "an expired key": set(),
    "a cookie of nobody": set(),
    "the cookie of a removed user": set(),
    "ingest": {INGEST},
    "read": {READ},
    "label": {LABEL},
    "edit": {EDIT},
    "admin": {INGEST, READ, LABEL, EDIT, ADMIN},
    "a key for one experiment": {INGEST, READ, LABEL, EDIT, ADMIN},
    "viewer": {READ},
    "labeler": {READ, LABEL},
    "editor": {READ, LABEL, EDIT},
    "administrator": {READ, LABEL, EDIT, ADMIN},
}
"""What each credential lets somebody do; those without anything are not let in at all."""

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/oidc"),
    ("GET", "/sign-in/oidc/callback"),
    ("POST", "/sign-out"),
}
"""What anybody may ask."""

HARMLESS = {("POST", "/api/v1/sql"), ("POST", "/review/name")}
"""What changes nothing that others see, although it is no GET."""


class Asked(NamedTuple):
    """One row of the table."""

    method: str
    path: str
    policy: Policy


class Behind:
    """All routes of a server with a plain answer behind each, and what shows every credential."""

    def __init__(self, data: Path) -> None:
        self.headers = _keys(data)
        location = default_location(data)
        access = Access.of(Settings(), data, location)
        intake = Intake({}, budget := Budget(1, retry_after=1), CollectorMetrics(budget))
        self._writer = HotWriter(Layout(data))
        receiver = HttpReceiver(intake, HttpProtocol(), access.gate)
        health = Health(intake, self._writer, data, access.gate)
        self._services = Services.of(
            data, location, allowed_origins=(), is_local=True, access=access
        )
        web = routes(self._services)
        self.routes: list[BaseRoute] = [*receiver.routes(), *health.routes(), *web]
        access.start()
        self._access = access
        self.headers |= self._cookies(data)
        with Catalog.open(location) as catalog:
            remove_user(catalog, "the cookie of a removed user", actor=ACTOR)
        wait_until(lambda: len(access.gate.snapshot.users) == len(Role), seconds=60)
        for route in self.routes:
            if isinstance(route, GuardedRoute):
                route.app = PlainTextResponse("in")
        self._app = Starlette(routes=self.routes)

    def close(self) -> None:
        """Give everything free."""
        self._access.stop()
        self._services.__exit__(None, None, None)
        self._writer.close()

    def table(self) -> Iterator[Asked]:
        """Every method of every route."""
        for route in self.routes:
            if isinstance(route, GuardedRoute):
                for method, policy in route.policies.items():
                    yield Asked(method, route.path, policy)

    def answers(self, credential: str, **further: str) -> dict[Asked, str]:
        """What becomes of everything that somebody with a credential asks."""
        return asyncio.run(self._answers(self.headers[credential] | further))

    async def _answers(self, headers: dict[str, str]) -> dict[Asked, str]:
        transport = httpx2.ASGITransport(app=self._app)
        async with httpx2.AsyncClient(transport=transport, base_url=URL, timeout=60) as client:
            return {
                each: outcome(await client.request(each.method, filled(each.path), headers=headers))
                for each in self.table()
            }

    def _cookies(self, data: Path) -> dict[str, dict[str, str]]:
        people: dict[str, Role] = {role.value: role for role in Role if role is not Role.ADMIN}
        people |= {"administrator": Role.ADMIN, "the cookie of a removed user": Role.ADMIN}
        for name, role in people.items():
            make_user(data, name, role)
        return asyncio.run(self._signed_in(list(people)))

    async def _signed_in(self, names: list[str]) -> dict[str, dict[str, str]]:
        transport = httpx2.ASGITransport(app=Starlette(routes=self.routes))
        found = {}
        async with httpx2.AsyncClient(transport=transport, base_url=URL, timeout=60) as client:
            for name in names:
                form = {"name": name, "password": PASSWORD}
                answer = await client.post("/sign-in", data=form, headers={"origin": URL})
                assert answer.status_code == 303, answer.text
                found[name] = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
                client.cookies.clear()
        return found


def _keys(data: Path) -> dict[str, dict[str, str]]:
    texts = {scope.value: make_key(data, scope, scope) for scope in SCOPES}
    texts["a key for one experiment"] = make_key(data, "one", *SCOPES, experiment="mine")
    texts["a revoked key"] = make_key(data, "revoked", *SCOPES)
    texts["an expired key"] = make_key(data, "expired", *SCOPES)
    other = texts["admin"][:-1] + ("A" if texts["admin"][-1] != "A" else "B")
    with Catalog.open(default_location(data)) as catalog:
        revoke_key(catalog, "revoked", actor=ACTOR)
        with catalog.writing() as connection:
            past = datetime.now(UTC) - timedelta(seconds=1)
            expired = update(API_KEYS).where(API_KEYS.c.name == "expired")
            connection.execute(expired.values(expires_at=past))
    return {
        **{name: bearer(text) for name, text in texts.items()},
        "nothing": {},
        "what is no key": bearer("slk_'; DROP TABLE api_keys; --"),
        "a key of nobody": bearer(f"slk_{'a' * 12}_{'b' * 43}"),
        "a key with another secret": bearer(other),
        "a cookie of nobody": {"cookie": f"spanlake_session={'c' * 43}.{'d' * 43}"},
    }


def filled(path: str) -> str:
    """A path with something in the place of its parameters."""
    return re.sub(r"\{[^}]+\}", "x", path)


def outcome(answer: httpx2.Response) -> str:
    """Whether somebody was let in, asked who they are, or told that they may not."""
    where = answer.headers.get("location", "")
    if answer.status_code == 401 or (answer.status_code == 303 and where.startswith("/sign-in")):
        return "who?"
    return {200: "in", 403: "no"}[answer.status_code]


def expected(credential: str, policy: Policy) -> str:
    """What the policy says."""
    if policy.permission is PUBLIC:
        return "in"
    if not GRANTS[credential]:
        return "who?"
    if credential == "a key for one experiment" and not policy.by_experiment:
        return "no"
    return "in" if policy.permission in GRANTS[credential] else "no"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """The routes of one server, and its keys and users."""
    made = Behind(tmp_path_factory.mktemp("matrix"))
    yield made
    made.close()


@pytest.mark.parametrize("credential", GRANTS)
def test_every_route_with_every_credential(behind: Behind, credential: str) -> None:
    """Whoever has this credential is let in where the policy grants it, and nowhere else."""
    answers = behind.answers(credential)
    wrong = {
        asked: said for asked, said in answers.items() if said != expected(credential, asked.policy)
    }
    assert not wrong
    assert len(answers) > 40


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_site_changes_nothing_with_a_cookie(behind: Behind, origin: str) -> None:
    """What a page of another site asks with the reader's cookie changes nothing."""
    answers = behind.answers("administrator", origin=origin)
    let_in = {
        (each.method, each.path)
        for each, said in answers.items()
        if said == "in" and each.method not in ("GET", "HEAD")
    }
    # Signing in and out have an Origin check of their own, behind the gate.
    assert let_in <= OPEN


def test_what_is_open_to_anybody(behind: Behind) -> None:
    """Only these routes ask nobody who they are."""
    public = {
        (each.method, each.path) for each in behind.table() if each.policy.permission is PUBLIC
    }
    assert {each for each in public if each[0] != "HEAD"} == OPEN
    mounts = [route for route in behind.routes if not isinstance(route, GuardedRoute)]
    assert [(type(each), each.path) for each in mounts if isinstance(each, PublicMount)] == [
        (PublicMount, "/static")
    ]
    assert len(mounts) == 1


def test_readers_change_nothing(behind: Behind) -> None:
    """Nothing but GET and HEAD is for those who may only read, save what is known as harmless."""
    changing = {
        (each.method, each.path)
        for each in behind.table()
        if each.method not in ("GET", "HEAD") and each.policy.permission is READ
    }
    assert changing <= HARMLESS


def test_ingest_takes_keys_for_it(behind: Behind) -> None:
    """The three routes and the three methods of OTLP are for keys with the scope ingest."""
    takes = {each.path for each in behind.table() if each.policy.permission is INGEST}
    assert takes == {"/v1/traces", "/v1/logs", "/v1/metrics"}
    assert {policy.permission for policy in POLICIES.values()} == {INGEST}
    assert len(POLICIES) == 3


def test_a_route_without_a_policy_is_not_served() -> None:
    """A server with a route of which nobody has said who may ask it does not start."""
    bare = Route("/new", lambda _: PlainTextResponse("secret"))
    with pytest.raises(TypeError, match=r"'/new'.* has no policy; make it a GuardedRoute"):
        HttpServer(HttpProtocol(), [bare], [])
