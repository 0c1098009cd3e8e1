"""The list of traces, over the real views and what real instrumentors sent."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import Browser, Page
from page_lake import SpanFile, own_traces, trace_id

import spanlake


def ids(page: Page) -> list[str]:
    """The traces of a list, in its order."""
    return [found["data-id"] for found in page.find("tr") if "data-id" in found]


def counts(browser: Browser, list_url: str) -> Page:
    """What the list's page asks for once it is there: total, histogram and facets."""
    asked = browser.page(list_url).find("div", class_="counts")[0]
    assert asked["hx-trigger"] == "load"
    return browser.page(asked["hx-get"])


def test_the_newest_traces_come_first(browser: Browser, filled: Path) -> None:
    """The list has the newest traces first, and says how many there are."""
    page = browser.page("/traces")
    with spanlake.connect(filled) as lake:
        newest = lake.sql(
            "SELECT trace_id FROM traces ORDER BY start_time DESC, trace_id LIMIT 50"
        ).fetchall()
        total = lake.sql("SELECT count(*) FROM traces").fetchall()[0][0]
    assert ids(page) == [each for (each,) in newest]
    assert f"{total:,} traces" in counts(browser, "/traces").text


def test_paging_shows_every_trace_once(browser: Browser, filled: Path) -> None:
    """Going from page to page shows every trace once."""
    seen: list[str] = []
    url = "/traces"
    while True:
        page = browser.page(url)
        seen += ids(page)
        following = page.find("a", rel="next")
        if not following:
            break
        url = following[0]["href"]
    with spanlake.connect(filled) as lake:
        every = {each for (each,) in lake.sql("SELECT trace_id FROM traces").fetchall()}
    assert len(seen) == len(set(seen))
    assert set(seen) == every


def test_words_find_what_was_said(browser: Browser) -> None:
    """Words in the filter line find the traces whose question holds all of them."""
    page = browser.page("/traces?q=refund+please")
    assert trace_id(4) in ids(page)
    assert trace_id(5) not in ids(page)


def test_the_filter_language_is_understood(browser: Browser, filled: Path) -> None:
    """A condition in the filter line chooses the same traces as SQL does."""
    page = browser.page("/traces?q=span_count+%3E+100")
    with spanlake.connect(filled) as lake:
        wanted = lake.sql("SELECT trace_id FROM traces WHERE span_count > 100").fetchall()
    assert ids(page) == [each for (each,) in wanted] == [trace_id(2)]


def test_the_filter_line_is_completed(browser: Browser) -> None:
    """What may come next is offered: fields, and the values that are stored."""
    fields = browser.get("/traces/complete?q=span_c&at=6").json()
    assert "span_count" in {each["text"].strip() for each in fields}
    values = browser.get("/traces/complete?q=service_name+%3D+&at=15").json()
    assert any("page-tests" in each["text"] for each in values)


def test_a_wrong_filter_is_pointed_at(browser: Browser) -> None:
    """A filter that means nothing is answered with the place of the mistake, and kept as typed."""
    response = browser.get("/traces?q=span_cout+%3E+100")
    page = Page(response.text)
    assert response.status_code == 400
    assert page.find("input", id="q", aria_invalid="true")[0]["value"] == "span_cout > 100"
    assert "character 1" in page.text
    assert "span_count" in page.text


def test_a_facet_includes_and_excludes(browser: Browser) -> None:
    """The link of a facet's value leaves those with it, and the other link those without."""
    page, facets = browser.page("/traces"), counts(browser, "/traces")
    everything = browser.page("/traces?q=")
    including = next(
        link
        for link in facets.links("/traces?")
        if "&" not in link and "service=page-tests" in link
    )
    excluding = next(link for link in facets.links("/traces?not.service=page-tests"))
    chosen = browser.page(including)
    assert set(ids(chosen)) == {trace_id(number) for number in range(1, 7)}
    assert not set(ids(browser.page(excluding))) & set(ids(chosen))
    assert ids(everything) == ids(page)
    assert "service is page-tests" in chosen.text


@pytest.mark.parametrize("facet", ["model", "type"])
def test_the_count_of_a_facet_is_what_its_link_shows(browser: Browser, facet: str) -> None:
    """As many traces as a facet counts are found when its value is clicked."""
    page = counts(browser, "/traces?not.service=nothing")
    links = [
        (found["href"], found["title"].removesuffix(" — alt-click to exclude"))
        for found in page.find("a", class_="value")
        if facet in parse_qs(urlsplit(found["href"]).query)
    ]
    url, value = links[0]
    assert parse_qs(urlsplit(url).query)[facet] == [value]
    shown = counts(browser, url).text
    counted = page.html.split(f'title="{value} ', 1)[1].split('class="count">')[1].split("<")[0]
    assert f"{counted} trace" in shown


def test_the_as_sql_link_gives_the_same_traces(browser: Browser, filled: Path) -> None:
    """The query behind a view gives the traces the view shows."""
    page = browser.page("/traces?service=page-tests&not.status=error&q=step&sort=-span_count")
    query = parse_qs(urlsplit(page.links("/sql?")[0]).query)["q"][0]
    with spanlake.connect(filled) as lake:
        found = [row[0] for row in lake.sql(query).fetchall()]
    assert found == ids(page) == [trace_id(2)]


def test_the_histogram_counts_all_traces(browser: Browser) -> None:
    """The bars of the histogram together are the traces of the list, with links to their time."""
    page = browser.page("/traces?service=page-tests")
    bars = counts(browser, "/traces?service=page-tests").links("/traces?")
    in_time = [link for link in bars if "from=" in link]
    assert in_time
    found = [each for link in in_time for each in ids(browser.page(link))]
    assert sorted(found) == sorted(ids(page))


def test_columns_sort_and_grouping_are_in_the_url(browser: Browser) -> None:
    """Columns, sort and grouping come from the URL, and go on in the links of the page."""
    page = browser.page("/traces?cols=name,spans&sort=-span_count&group=session&service=page-tests")
    heads = [found["class"] for found in page.find("th") if found.get("class", "").startswith("c-")]
    assert heads == ["c-name", "c-spans"]
    assert ids(page)[0] == trace_id(2)
    assert "two/turns" in page.text
    carried = page.find("input", type="hidden")
    assert {"name": "cols", "value": "name,spans", "type": "hidden"} in carried


def test_new_traces_are_announced(tmp_path: Path) -> None:
    """What has come since the page was made is announced, and nothing is when nothing has."""
    data = tmp_path / "lake"
    first = SpanFile()
    first.add(1, 1, "first")
    first.store(data)
    with Browser(data) as opened:
        poll = opened.page("/traces").find("span", id="news")[0]["hx-get"]
        assert "hx-get" in str(opened.page("/traces").find("span", id="news"))
        later = poll.replace(poll.split("after=")[1], "2999-01-01T00%3A00%3A00%2B00%3A00")
        assert opened.page(later).text == ""
        second = SpanFile()
        second.add(2, 1, "second")
        second.store(data)
        assert "new" in opened.page(poll).text


def test_an_empty_lake_tells_the_next_command(tmp_path: Path) -> None:
    """Without a trace, the page says what would be here, and the command that puts it here."""
    data = tmp_path / "lake"
    data.mkdir()
    with Browser(data) as opened:
        page = opened.page("/traces")
        assert "No traces yet" in page.text
        copied = [found["data-copy"] for found in page.find("button") if "data-copy" in found]
        assert "export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318" in copied
        assert "No sessions yet" in opened.page("/sessions").text
        assert "Nothing to chart" in opened.page("/overview").text


def test_selected_traces_are_exported_and_compared(browser: Browser) -> None:
    """Two selected traces are compared side by side, and exported as they were sent."""
    chosen = f"{trace_id(4)},{trace_id(5)}"
    assert "invoke_agent shop" in browser.page(f"/traces/compare?ids={chosen}").text
    exported = browser.get(f"/traces/export?ids={chosen}&format=otlp-json")
    assert exported.headers["content-disposition"].startswith("attachment")
    assert exported.text.count('"traceId"') == 4
    assert browser.get(f"/traces/compare?ids={trace_id(4)}").status_code == 400


def test_selected_traces_go_into_a_dataset(tmp_path: Path) -> None:
    """Selected traces become records of a dataset, which is made if it is new."""
    data = tmp_path / "lake"
    own_traces().store(data)
    with Browser(data) as opened:
        ids = f"{trace_id(5)},{trace_id(6)}"
        added = opened.post("/traces/dataset", {"ids": ids, "dataset": "small talk"})
        assert "small talk has the records of 2 of the 2 selected traces" in added.text
    with spanlake.connect(data) as lake:
        records = lake.sql("SELECT inputs FROM dataset_records ORDER BY ALL").fetchall()
    assert [row[0] for row in records] == [
        '{"input":"And your dog?"}',
        '{"input":"How are you?"}',
    ]


def test_selected_traces_are_deleted_once_it_is_confirmed(tmp_path: Path) -> None:
    """Deleting asks first, is refused to pages of other sites, and then is for good."""
    data = tmp_path / "lake"
    own_traces().store(data)
    with Browser(data) as opened:
        form = {"ids": f"{trace_id(5)},{trace_id(6)}"}
        assert "Delete 2 traces?" in opened.post("/traces/delete", form).text
        foreign = {"origin": "https://evil.example"}
        confirmed = form | {"confirmed": "yes"}
        assert opened.post("/traces/delete", confirmed, foreign).status_code == 403
        assert opened.get(f"/traces/{trace_id(5)}").status_code == 200
        assert opened.post("/traces/delete", confirmed).status_code == 303
        assert opened.get(f"/traces/{trace_id(5)}").status_code == 404
