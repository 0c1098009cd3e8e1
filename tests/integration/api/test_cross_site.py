"""What pages of other sites, and names that point here, may ask of a server."""

import httpx2
import pytest
from server import RunningServer

APP = "https://app.example.com"
ASSESSMENTS, TRACES = "/api/v1/assessments", "/api/v1/traces"
BODY = {"trace_id": "ab" * 16, "name": "thumb", "value": True}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"host": "[::1"},
        {"origin": "http://localhost:3000"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"host": "evil.example"},
        {"host": "localhost.evil.example:4318"},
        {"host": "127.0.0.1.nip.io"},
        {"host": "10.0.0.1"},
    ],
)
@pytest.mark.parametrize("path", [ASSESSMENTS, TRACES, "/api/v1/versions", "/api/v1/openapi.json"])
def test_foreign_requests_are_refused(
    api: httpx2.Client, headers: dict[str, str], path: str
) -> None:
    """A page of another site, and a name that is not this machine's, gets nothing."""
    answer = api.get(path, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (403, 403)
    assert "access-control-allow-origin" not in answer.headers
    if path == ASSESSMENTS:
        assert api.post(path, json=BODY, headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:4318", "app.localhost:4318"])
def test_names_of_this_machine(api: httpx2.Client, host: str) -> None:
    """By any name of its own machine the server answers, also to its own pages."""
    for headers in ({"host": host}, {"host": host, "origin": f"http://{host}"}):
        assert api.get(TRACES, headers=headers).status_code == 200


def test_links_may_be_followed(api: httpx2.Client) -> None:
    """A link on another site may lead here."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert api.get("/api/v1/openapi.json", headers=headers).status_code == 200


def test_a_listed_origin_may_send_feedback(small_server: RunningServer) -> None:
    """A listed site's button may send feedback, and its pages can read nothing else."""
    asks = {
        "origin": APP,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    with httpx2.Client(base_url=f"http://{small_server.http}", timeout=30) as api:
        preflight = api.options(ASSESSMENTS, headers=asks)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == APP
        sent = api.post(ASSESSMENTS, json=BODY, headers={"origin": APP})
        assert sent.status_code == 201
        assert sent.headers["access-control-allow-origin"] == APP
        for method, path in (
            ("GET", TRACES),
            ("GET", ASSESSMENTS),
            ("POST", f"{ASSESSMENTS}/batch"),
            ("DELETE", f"{ASSESSMENTS}/{sent.json()['assessment_id']}"),
            ("POST", "/api/v1/versions"),
        ):
            answer = api.request(method, path, headers={"origin": APP}, json={})
            assert answer.status_code == 403
        assert (
            api.post(ASSESSMENTS, json=BODY, headers={"origin": "https://x.y"}).status_code == 403
        )
