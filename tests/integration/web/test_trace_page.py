"""The page of one trace: question and answer, tree, pane, long texts, assessments."""

from pathlib import Path

from browsing import Browser, Page
from captures import captures_of
from page_lake import LONG, span_id, trace_id

import spanlake


def test_question_and_answer_come_before_the_tree(browser: Browser) -> None:
    """A trace whose root carries no messages still opens on its question."""
    html = browser.page(f"/traces/{trace_id(4)}").html
    assert html.index("Refund A-1, please.") < html.index('aria-label="Steps"')


def test_a_failed_trace_opens_on_what_failed(browser: Browser) -> None:
    """The span that failed is the one chosen, with its message."""
    page = browser.page(f"/traces/{trace_id(4)}")
    chosen = page.find("tr", aria_selected="true")
    assert [found["data-span"] for found in chosen] == [span_id(3)]
    assert "the bank does not answer" in page.text


def test_a_tool_call_stands_with_what_came_back(browser: Browser) -> None:
    """The call a model asked for is shown with the result of the span that ran the tool."""
    page = browser.part(f"/traces/{trace_id(4)}?span={span_id(2)}", "pane")
    assert page.text.index("refund") < page.text.index("returned") < page.text.index("refused")
    assert page.links(f"/traces/{trace_id(4)}?span={span_id(3)}")


def test_every_tab_of_a_real_span_can_be_opened(browser: Browser) -> None:
    """Each tab of a model call of a captured agent answers with its part of the page."""
    capture = next(each for each in captures_of("pydantic-ai-otel-v5") if "agent" in each.scenario)
    (whole, *_) = sorted(capture.trace_ids)
    page = browser.page(f"/traces/{whole}")
    span = page.find("tr", data_type="LLM")[0]["data-span"]
    pane = browser.part(f"/traces/{whole}?span={span}", "pane")
    tabs = pane.links(f"/traces/{whole}?span={span}&tab=")
    assert [link.rpartition("=")[2] for link in tabs] == ["assessments", "attributes", "raw"]
    for link in tabs:
        (current,) = browser.part(link, "pane").find("a", aria_current="true")
        assert current["href"] == link


def test_a_gap_is_drawn_and_named(browser: Browser) -> None:
    """A parent that never came is named where it would be."""
    page = browser.page(f"/traces/{trace_id(1)}")
    assert f"A step is missing here: {span_id(99)}" in page.text
    assert "incomplete" in page.text


def test_a_long_trace_comes_in_pieces(browser: Browser) -> None:
    """Of 700 spans a page has 200; following the links shows each once, in the tree's order."""
    page = browser.page(f"/traces/{trace_id(2)}?span={span_id(1)}")
    seen: list[str] = []
    while True:
        seen += [found["data-span"] for found in page.find("tr") if "data-span" in found]
        more = [
            found["hx-get"] for found in page.find("tr", class_="sentinel") if "hx-get" in found
        ]
        if not more:
            break
        page = browser.part(more[0], "")
    assert seen == [span_id(number + 1) for number in range(700)]


def test_a_deep_link_shows_the_rows_around_it(browser: Browser) -> None:
    """The page of a span far down has its rows, and a link to the earlier ones."""
    page = browser.page(f"/traces/{trace_id(2)}?span={span_id(690)}")
    assert page.find("tr", aria_selected="true", data_span=span_id(690))
    (earlier,) = [link for link in page.links(f"/traces/{trace_id(2)}/rows") if "to=" in link]
    rows = browser.part(earlier, "").find("tr")
    assert [found["data-span"] for found in rows if "data-span" in found] == [
        span_id(number + 1) for number in range(400, 600)
    ]


def test_a_long_text_is_loaded_on_demand(browser: Browser) -> None:
    """A page has the beginning of a long message; its links give all of the rest."""
    pane = browser.part(f"/traces/{trace_id(3)}?span={span_id(1)}", "pane")
    assert len(pane.html) < 100_000
    (url,) = {found["hx-get"] for found in pane.find("a") if "offset=" in found.get("hx-get", "")}
    rest = ""
    while url:
        html = browser.get(url, {"hx-request": "true"}).text
        rest += html.split('<pre class="text">', 1)[1].split("</pre>", 1)[0]
        following = [found["hx-get"] for found in Page(html).find("a") if "hx-get" in found]
        url = following[0] if following else ""
    assert LONG.endswith(rest)
    assert len(rest) == len(LONG) - 20_000
    whole = browser.get(f"/traces/{trace_id(3)}/spans/{span_id(1)}/text?at=input_messages.0.0")
    assert whole.text == LONG
    assert whole.headers["content-type"].startswith("text/plain")


def test_an_unknown_trace_is_told_so(browser: Browser) -> None:
    """An id that nothing has is answered with 404, in a page that says what to do."""
    response = browser.get(f"/traces/{'d' * 32}")
    assert response.status_code == 404
    assert "no stored trace starts with it" in Page(response.text).text


def test_an_assessment_is_added_in_place(filled: Path) -> None:
    """What is said in the form is stored as a person's feedback, and shown on the page."""
    with Browser(filled) as opened:
        answer = opened.post(
            f"/traces/{trace_id(5)}/assessments",
            {
                "name": "kindness",
                "value": "no",
                "kind": "feedback",
                "rationale": "it was curt",
                "source_id": "ada",
            },
        )
        assert answer.status_code == 303
        page = opened.page(answer.headers["location"])
        assert "kindness" in page.text
        assert any("it was curt" in found.get("title", "") for found in page.find("span"))
        listed = opened.page("/traces?assessment=kindness+%3D+false")
        assert trace_id(5) in listed.html
    with spanlake.connect(filled) as lake:
        said = lake.sql(
            "SELECT value_bool, rationale, source_type, source_id FROM assessments"
            " WHERE name = 'kindness'"
        ).fetchall()
    assert said == [(False, "it was curt", "HUMAN", "ada")]


def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    """A form that a page of another site sends changes nothing."""
    answer = browser.post(
        f"/traces/{trace_id(5)}/assessments",
        {"name": "forged", "value": "yes"},
        {"origin": "https://evil.example"},
    )
    assert answer.status_code == 403


def test_a_name_that_is_not_this_machines_is_refused(browser: Browser) -> None:
    """A request for another host, which DNS rebinding makes, gets no data."""
    answer = browser.get("/traces", {"host": "evil.example:4318"})
    assert answer.status_code == 403
    assert "invoke_agent" not in answer.text


def test_a_session_is_one_chat(browser: Browser) -> None:
    """The turns of a session stand in order, each with a link to its trace."""
    assert "two/turns" in browser.page("/sessions").text
    page = browser.page("/sessions/two/turns")
    assert page.text.index("How are you?") < page.text.index("And your dog?")
    assert page.links(f"/traces/{trace_id(5)}")
    assert page.links(f"/traces/{trace_id(6)}")
    trace = browser.page(f"/traces/{trace_id(6)}")
    assert "turn 2 of 2" in trace.text


def test_the_overview_counts_what_is_stored(browser: Browser, filled: Path) -> None:
    """The overview's numbers are those of SQL."""
    page = browser.page("/overview?service=page-tests")
    assert "Traces 6" in page.text
    assert "refund 1 1" in page.text
    assert "gpt-4o" in page.text
    with spanlake.connect(filled) as lake:
        failed = lake.sql("SELECT count(*) FROM traces WHERE error_count > 0").fetchall()[0][0]
    assert f"With errors {failed:,}" in browser.page("/overview").text
