"""The review app as forms and pages, without a script: queues, answers, agreement, datasets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Browser, Page
from hostile_texts import EVERY, hostile_traces
from page_lake import own_traces, trace_id

import spanlake
from spanlake.entities.label_schema import InputCategorical
from spanlake.labeling import create_label_schema, get_labeling_session

_OWN_ELEMENTS = frozenset(
    """
    a article b blockquote body br button caption code dd details dialog div dl dt em fieldset form
    h1 h2 h3 head header hr html img input kbd label legend li link main meta nav noscript ol
    option p path pre rect s script section select span summary svg symbol table tbody td textarea
    th thead time title tr ul use
    """.split()  # noqa: SIM905  # read as a text
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A lake of the traces that pages are tested with."""
    own_traces().store(tmp_path / "lake")
    return tmp_path / "lake"


@pytest.fixture
def opened(data: Path) -> Iterator[Browser]:
    """The pages over it."""
    with Browser(data) as browser:
        yield browser


def sent(browser: Browser, path: str, **fields: str) -> str:
    """Send a form; where its answer leads."""
    response = browser.post(path, fields)
    assert response.status_code == 303, response.text[:500]
    return response.headers["location"]


def is_called(browser: Browser, name: str) -> None:
    assert sent(browser, "/review/name", name=name, back="/review") == "/review"


def made(browser: Browser, **fields: str) -> str:
    """A queue of four traces with two questions."""
    question = {"name": "correct", "title": "Is it correct?", "kind": "pass_fail"}
    sent(browser, "/review/schemas", **question, enable_comment="on")
    usual = {"name": "q", "source": "filter", "filter": "llm_call_count > 0", "limit": "4"}
    form = usual | fields
    body = [*form.items(), ("schema", "correct"), ("schema", "expected_response")]
    return sent_pairs(browser, "/review/new", body)


def sent_pairs(browser: Browser, path: str, pairs: list[tuple[str, str]]) -> str:
    """Send a form in which fields come several times."""
    fields: dict[str, object] = {}
    for key, value in pairs:
        fields[key] = [*fields[key], value] if key in fields else [value]  # type: ignore[misc]  # a list
    return sent(browser, path, **fields)  # type: ignore[arg-type]  # lists of texts, as httpx takes them


def answered(browser: Browser, at: str, value: str, **more: str) -> str:
    """Answer the item at a place; where the next one is."""
    page = browser.page(at)
    (field, *_) = page.find("input", type="radio")
    (text,) = [
        each["name"] for each in page.find("textarea") if each.get("name", "").startswith("value.")
    ]
    return sent(
        browser, at, **{field["name"]: value, text: more.get("text", "")}, action="complete"
    )


def test_an_empty_page_says_what_to_do(opened: Browser) -> None:
    """Where there is no queue yet, the page says what it is for, and how to make one."""
    page = opened.page("/review")
    assert "spanlake queues create" in page.text
    assert page.links("/review/new")
    assert "Expected facts" in opened.page("/review/schemas").text


def test_two_reviewers_and_a_decision(opened: Browser, data: Path) -> None:
    """Two people answer blind to each other, kappa is shown, and what is decided is synced."""
    is_called(opened, "ann")
    url = made(opened, reviewers_per_item="2", description="Be strict.")
    assert url == "/review/q"
    assert "Be strict." in opened.page(url).text
    at = sent(opened, f"{url}/start")
    for value in ("true", "true", "false", "true"):
        at = answered(opened, at, value, text="Better.")
    assert at == "/review/q/done"
    assert "4 items answered" in opened.page(at).text
    is_called(opened, "bob")
    at = sent(opened, f"{url}/start")
    assert opened.page(at).find("input", checked="") == []
    for value in ("true", "true", "true", "true"):
        at = answered(opened, at, value, text="Better.")
    agreement = opened.page(f"{url}/agreement")
    assert "ann and bob agree on 75 % of 4 items" in agreement.text
    assert "Is it correct? 1 to decide" in agreement.text
    (decision,) = [
        found
        for each in agreement.find("form")
        if (found := each.get("action", "")).endswith("/decision")
    ]
    (schema,) = agreement.find("input", name_="schema")
    sent(opened, decision, schema=schema["value"], value="true")
    assert "decided" in opened.page(f"{url}/agreement").text
    done = opened.post(f"{url}/sync", {"dataset": "golden"})
    assert "4 records added" in Page(done.text).text
    with spanlake.connect(data) as lake:
        rows = lake.sql("SELECT expectations->>'expected_response' FROM dataset_records").fetchall()
        said = lake.sql(
            "SELECT source_id, count(*) FROM assessments WHERE name = 'correct' GROUP BY ALL"
            " ORDER BY ALL"
        ).fetchall()
    assert rows == [("Better.",)] * 4
    assert said == [("ann", 4), ("bob", 5)]


def test_answers_are_hidden_from_who_has_not_answered(opened: Browser) -> None:
    """While an item needs more answers, only those who have given theirs see the others'."""
    is_called(opened, "ann")
    url = made(opened, limit="1", reviewers_per_item="3")
    for who, value in (("ann", "true"), ("bob", "false")):
        is_called(opened, who)
        answered(opened, sent(opened, f"{url}/start"), value)
    assert "ann Pass" in opened.page(f"{url}/agreement").text
    is_called(opened, "eve")
    hidden = opened.page(f"{url}/agreement").text
    assert "You see the answers once you have given yours." in hidden
    assert "ann Pass" not in hidden


def test_skipped_and_declined(opened: Browser) -> None:
    """A skipped item comes again at the end, a declined one does not, and both say so."""
    is_called(opened, "ann")
    url = made(opened, limit="2")
    first = sent(opened, f"{url}/start")
    second = sent(opened, first, action="skip")
    assert second != first
    assert sent(opened, second, action="decline", reason="not mine") == first
    assert "skipped 0" in (page := opened.page(url).text)
    assert "declined 1" in page
    answered(opened, first, "true")
    assert "2 of 2" in opened.page(url).text


def test_an_item_needs_an_answer(opened: Browser) -> None:
    """An item that is done with nothing said is refused, and what to do instead is said."""
    is_called(opened, "ann")
    at = sent(opened, f"{made(opened)}/start")
    response = opened.post(at, {"action": "complete"})
    assert response.status_code == 400
    assert "answer one, skip the item, or decline it" in Page(response.text).text


def test_who_reviews_is_asked_once(opened: Browser) -> None:
    """Somebody without a name is asked for one, and comes back to where they were going."""
    is_called(opened, "eve")
    url = made(opened)
    at = sent(opened, f"{url}/start")
    opened.forget()
    asked = opened.get(at)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/review/name?back=")
    assert opened.page(asked.headers["location"]).find("input", name_="back", value=at)
    for back in ("https://evil.example", "//evil.example", "/traces", "/review//evil.example"):
        assert sent(opened, "/review/name", name="ann", back=back) == "/review"
    cookie = opened.post("/review/name", {"name": "ann", "back": at}).headers["set-cookie"].lower()
    assert "samesite=strict" in cookie
    assert "httponly" in cookie


def test_others_are_not_let_in(opened: Browser) -> None:
    """Who is not assigned to a queue cannot answer in it, and is told who is."""
    is_called(opened, "ann")
    url = made(opened, assigned_users="ann, bob")
    at = sent(opened, f"{url}/start")
    is_called(opened, "eve")
    refused = opened.post(f"{url}/start", {})
    assert refused.status_code == 400
    assert "must be one of those who are assigned to 'q': ann, bob" in Page(refused.text).text
    assert opened.get(at).status_code == 400


def test_selected_traces_go_into_a_queue(opened: Browser, data: Path) -> None:
    """Rows selected in the list of traces come into a queue that is there, or a new one."""
    is_called(opened, "ann")
    url = made(opened, limit="1")
    ids = f"{trace_id(4)},{trace_id(2)}"
    assert sent(opened, "/traces/queue", ids=ids, queue="q") == url
    found = [each.trace_id for each in get_labeling_session("q", data=data).items]
    assert found[1:] == [trace_id(4), trace_id(2)]
    new = sent(opened, "/traces/queue", ids=ids, queue="")
    assert opened.page(new).find("input", name_="ids", value=ids)
    pairs = [("name", "r"), ("schema", "correct"), ("source", "ids"), ("ids", ids)]
    sent_pairs(opened, "/review/new", pairs)
    assert len(get_labeling_session("r", data=data).items) == 2
    assert opened.post("/traces/queue", {"ids": ids, "queue": "none"}).status_code == 404


def test_selected_sessions_are_reviewed_whole(opened: Browser, data: Path) -> None:
    """A session is read as a chat that leads to its traces, and the answer is of the session."""
    is_called(opened, "ann")
    url = made(opened, limit="1")
    (name,) = {each["value"] for each in opened.page("/sessions").find("input", name_="session")}
    assert name == "two/turns"
    new = sent(opened, "/sessions/queue", session=name, queue="")
    assert opened.page(new).find("input", type="hidden", name_="session", value=name)
    assert sent(opened, "/sessions/queue", session=name, queue="q") == url
    listed = opened.page(url)
    assert "2 turns" in listed.text
    item = get_labeling_session("q", data=data).items[-1]
    at = f"{url}/items/{item.item_id}"
    page = opened.page(at)
    assert page.links("/traces/") == [f"/traces/{trace_id(5)}", f"/traces/{trace_id(6)}"]
    assert page.links("/sessions/") == ["/sessions/two/turns"]
    assert page.text.index("How are you?") < page.text.index("And your dog?")
    answered(opened, at, "false", text="Better.")
    with spanlake.connect(data) as lake:
        rows = lake.sql("SELECT session_id, trace_id, name FROM assessments ORDER BY name")
        assert rows.fetchall() == [
            (name, None, "correct"),
            (name, None, "expected_response"),
        ]
    sent(opened, f"{url}/add", source="filter", granularity="session", filter="", limit="9")
    assert len(get_labeling_session("q", data=data).items) == 2
    assert opened.post("/sessions/queue", {"queue": "q"}).status_code == 400
    assert opened.post("/sessions/queue", {"session": "none", "queue": "q"}).status_code == 404


def test_a_session_that_is_gone(opened: Browser, data: Path) -> None:
    """A session whose traces were deleted is said to be gone, and can be declined."""
    is_called(opened, "ann")
    url = made(opened, limit="1")
    sent(opened, "/sessions/queue", session="two/turns", queue="q")
    gone = f"{trace_id(5)},{trace_id(6)}"
    sent(opened, "/traces/delete", ids=gone, confirmed="yes")
    item = get_labeling_session("q", data=data).items[-1]
    at = f"{url}/items/{item.item_id}"
    assert "This session is not stored any more" in opened.page(at).text
    sent(opened, at, action="decline")
    assert get_labeling_session("q", data=data).items[-1].status == "declined"


def test_a_queue_is_changed(opened: Browser, data: Path) -> None:
    """Traces come in by a filter, reviewers are assigned, and a queue is closed and deleted."""
    is_called(opened, "ann")
    url = made(opened, limit="1")
    sent(opened, f"{url}/add", source="filter", filter="error_count > 0", limit="5")
    sent(
        opened, f"{url}/change", action="assign", assigned_users="ann, bob", reviewers_per_item="2"
    )
    queue = get_labeling_session("q", data=data).queue
    assert (queue.counts.items, queue.assigned_users) == (2, ("ann", "bob"))
    sent(opened, f"{url}/change", action="close")
    assert sent(opened, f"{url}/start") == f"{url}/done"
    sent(opened, f"{url}/change", action="reopen")
    assert sent(opened, f"{url}/change", action="delete", confirmed="yes") == "/review"
    assert opened.get(url).status_code == 404


def test_a_queue_that_cannot_be_filled_is_not_made(opened: Browser) -> None:
    """A filter that is none leaves no half of a queue behind."""
    is_called(opened, "ann")
    pairs = [("name", "bad"), ("schema", "guidelines"), ("source", "filter"), ("filter", "=")]
    fields = dict(pairs)
    assert opened.post("/review/new", fields).status_code == 400
    assert opened.get("/review/bad").status_code == 404
    assert opened.post("/review/new", {"name": "none"}).status_code == 400


def test_forms_of_other_sites_are_refused(opened: Browser) -> None:
    """No page of another site can answer, decide or change anything here."""
    is_called(opened, "ann")
    url = made(opened)
    at = sent(opened, f"{url}/start")
    evil = {"origin": "https://evil.example"}
    for path in ("/review/name", "/review/new", "/review/schemas", f"{url}/start", at):
        assert opened.post(path, {"name": "x"}, evil).status_code == 403


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    """Payloads in traces, questions, answers and names are text on every page of the review app."""
    data = tmp_path / "lake"
    hostile_traces().store(data)
    line = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>"
    create_label_schema(
        line, type="feedback", input=InputCategorical(options=[line, "b"]), title=line,
        instruction=EVERY[:3000].replace("\x00", ""), enable_comment=True, data=data,
    )  # fmt: skip
    with Browser(data) as browser:
        for who in (line, "ann"):
            is_called(browser, who)
            if who == line:
                pairs = [("name", line), ("schema", line), ("source", "ids"), ("ids", trace_id(1))]
                pairs += [("reviewers_per_item", "2"), ("description", line)]
                url = sent_pairs(browser, "/review/new", pairs)
            at = sent(browser, f"{url}/start")
            _check(browser, at)
            page = browser.page(at)
            field = page.find("input", type="radio")[0]["name"]
            said = {field: line if who == line else "b", field.replace("value", "comment"): line}
            assert sent(browser, at, **said, action="complete") == f"{url}/done"
        get_labeling_session(line, data=data).add_sessions(limit=9)
        sessions = get_labeling_session(line, data=data).items[1:]
        assert len(sessions) == 9
        for item in sessions:
            _check(browser, f"{url}/items/{item.item_id}")
        for path in ("/review", url, f"{url}/agreement", f"{url}/done", "/review/schemas"):
            _check(browser, path)
        _check(browser, "/review/new?ids=%3Cimg%20src=x%3E&filter=%22%3E%3Cscript%3E")
        _check(browser, "/review/name?back=javascript:alert(1)")


def _check(browser: Browser, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 200, path
    page = Page(response.text)
    assert {tag for tag, _ in page.elements} <= _OWN_ELEMENTS
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith(("on", "hx-on", "style")), (tag, name)
            if name in {"href", "src", "action", "formaction", "hx-get", "data-next"} and value:
                is_picture = tag == "img" and value.startswith("data:image/png;base64,")
                assert is_picture or value.startswith(("/", "#", "?")), value
    assert "unsafe" not in response.headers["content-security-policy"]
