"""What is in a trace is text on a page, whatever it is."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from browsing import Browser
from hostile_texts import EVERY, PAYLOADS, hostile_traces
from page_lake import span_id, trace_id
from page_safety import check_page

_TRACE = f"/traces/{trace_id(1)}"
_TABS = (
    (2, ""),
    (2, "attributes"),
    (3, ""),
    (3, "documents"),
    (3, "assessments"),
    (3, "events"),
    (3, "links"),
    (3, "raw"),
)
_PAGES = {
    "list": "/traces",
    "columns": "/traces?cols=name,service,models,tools,user,tags,environment,version,session",
    "facet": f"/traces?service={quote(EVERY)}&q={quote(PAYLOADS[0])}",
    "sessions": "/sessions",
    "session": f"/sessions/{quote(EVERY)}",
    "overview": f"/overview?experiment={quote(EVERY)}",
    "compare": f"/traces/compare?ids={trace_id(1)},{trace_id(2)}",
    "sql": f"/sql?q={quote(EVERY)}",
    "experiments": "/parts/experiments",
    "no trace": f"/traces/{quote(PAYLOADS[0], safe='')}",
    **{
        f"span {number} {tab or 'messages'}": f"{_TRACE}?span={span_id(number)}&tab={tab}"
        for number, tab in _TABS
    },
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The pages over a lake of hostile texts."""
    data = tmp_path_factory.mktemp("hostile") / "lake"
    hostile_traces().store(data)
    with Browser(data) as opened:
        yield opened


def test_there_are_a_hundred_payloads() -> None:
    """The corpus is as large as it claims to be."""
    assert len(set(PAYLOADS)) >= 100


@pytest.mark.parametrize("name", list(_PAGES))
def test_hostile_text_stays_text(hostile: Browser, name: str) -> None:
    """A page has no element, handler or address that its templates did not put there."""
    check_page(hostile.get(_PAGES[name]))
