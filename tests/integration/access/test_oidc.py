"""Signing in at a real OpenID provider, which runs in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from oidc_provider import OidcProvider, Person
from server import RunningServer

PEOPLE: list[dict[str, object]] = [
    {"sub": "1", "email": "ann@example.com", "email_verified": True, "groups": ["eng", "all"]},
    {"sub": "2", "email": "bob@example.com", "email_verified": True, "groups": ["all"]},
    {"sub": "3", "email": "eve@example.com", "email_verified": False, "groups": ["eng"]},
    {"sub": "4", "email": "joe@example.com", "email_verified": True},
    {"sub": "5", "name": "nobody's address"},
]
CONFIG = """
extensions:
  spanlake_auth:
    require: always
    oidc:
      issuer_url: {url}
      client_id: spanlake
      client_secret: not so secret
      label: Company account
      roles: {{all: viewer, eng: editor}}
"""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcProvider]:
    """One provider for all tests."""
    with OidcProvider(tmp_path_factory.mktemp("provider"), *PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, provider: OidcProvider
) -> Iterator[RunningServer]:
    """A server whose people sign in there."""
    data = tmp_path_factory.mktemp("oidc") / "data"
    with RunningServer(data, config=CONFIG.format(url=provider.url)) as running:
        yield running


@pytest.fixture
def person(served: RunningServer) -> Iterator[Person]:
    """Somebody who has not signed in."""
    with Person(f"http://{served.http}") as somebody:
        yield somebody


def users(served: RunningServer) -> dict[str, Any]:
    command = [sys.executable, "-m", "spanlake", "users", "list", "--format", "json"]
    command += ["--data", str(served.data)]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {each["name"]: each for each in listed}


def test_somebody_signs_in(served: RunningServer, person: Person) -> None:
    """Whoever the provider vouches for sees the page they wanted, by the role of their groups."""
    asked = person.browser.get("/traces?experiment=support")
    assert asked.status_code == 303
    form = person.browser.get(asked.headers["location"])
    assert "Company account" in form.text
    answer = person.sign_in("1", after="/traces?experiment=support")
    assert (answer.status_code, answer.headers["location"]) == (303, "/traces?experiment=support")
    assert "ann@example.com" in person.browser.get("/traces").text
    ann = users(served)["ann@example.com"]
    assert (ann["role"], ann["signs_in_by"]) == ("editor", ["oidc"])


def test_the_lowest_group(served: RunningServer, person: Person) -> None:
    """A role is that of the highest group; a viewer may change nothing."""
    person.sign_in("2")
    assert users(served)["bob@example.com"]["role"] == "viewer"
    deleting = person.browser.post("/traces/delete", data={"ids": "a"})
    assert deleting.status_code == 403
    assert "asks for edit" in deleting.text


@pytest.mark.parametrize(
    ("sub", "said"),
    [
        ("3", "has not verified the e-mail address"),
        ("4", "is no user here; an administrator adds one"),
        ("5", "no usable claim"),
    ],
)
def test_who_is_not_let_in(person: Person, sub: str, said: str) -> None:
    """An address that nobody verified, nobody's group and nobody's address open nothing."""
    answer = person.sign_in(sub)
    assert answer.status_code == 401
    assert said in answer.text.replace("&#39;", "'")
    assert person.browser.get("/traces").status_code == 303


def test_the_request_to_the_provider(person: Person) -> None:
    """The provider is asked for a code, with PKCE, a state and a nonce that are new each time."""
    queries = [parse_qs(urlsplit(person.at_provider()).query) for _ in range(2)]
    assert queries[0]["code_challenge_method"] == ["S256"]
    assert queries[0]["response_type"] == ["code"]
    assert queries[0]["redirect_uri"] == [f"{person.url}/sign-in/oidc/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert queries[0][name] != queries[1][name]
        assert len(queries[0][name][0]) >= 43


def test_a_code_is_taken_once_and_from_its_own_browser(
    served: RunningServer, person: Person
) -> None:
    """A code that is used again, or in somebody else's browser, signs nobody in."""
    back = person.agree(person.at_provider(), "1")
    with Person(f"http://{served.http}") as thief:
        answer = thief.browser.get(back)
        assert (answer.status_code, "was not begun here" in answer.text) == (401, True)
        thief.at_provider()
        assert "was not begun here" in thief.browser.get(back).text
    assert person.browser.get(back).status_code == 303
    assert person.browser.get(back).status_code == 401


def test_a_provider_that_refuses(person: Person) -> None:
    """What the provider says instead of a code is shown, and signs nobody in."""
    state = parse_qs(urlsplit(person.at_provider()).query)["state"][0]
    answer = person.browser.get(
        "/sign-in/oidc/callback", params={"state": state, "error": "access_denied"}
    )
    assert (answer.status_code, "access_denied" in answer.text) == (401, True)


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_link_leads_nowhere_else(person: Person, after: str) -> None:
    """Whatever a link says, whoever has signed in goes on to a page of this server."""
    assert person.sign_in("1", after=after).headers["location"] == "/traces"
