"""What is in a trace is text on a page, whatever it is."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from browsing import Browser, Page
from hostile_texts import EVERY, PAYLOADS, hostile_traces
from page_lake import span_id, trace_id

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
# What our own templates are made of; nothing else may come to be in a page.
_ELEMENTS = frozenset(
    """
    a article aside b body button circle code datalist dd details dialog div dl dt figcaption
    figure form h1 h2 h3 head header html i img input kbd label li line link main meta nav
    noscript ol option p path pre rect script section select span summary svg symbol table tbody
    td textarea th thead time title tr ul use
    """.split()  # noqa: SIM905  # read as a text
)


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
    response = hostile.get(_PAGES[name])
    page = Page(response.text)
    assert {tag for tag, _ in page.elements} <= _ELEMENTS
    for tag, attributes in page.elements:
        for attribute, value in attributes.items():
            assert not attribute.startswith(("on", "hx-on", "hx-vals", "style")), (tag, attribute)
            if attribute in {"href", "src", "action", "formaction", "hx-get", "data-alt"}:
                _check_address(tag, attribute, value)
        if tag == "script":
            assert attributes["src"].startswith("/static/")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


def _check_address(tag: str, attribute: str, value: str) -> None:
    parts = urlsplit(value)
    if tag == "img" and attribute == "src":
        assert value.startswith("data:image/png;base64,"), value
    else:
        assert not parts.scheme, value
        assert not parts.netloc, value
        assert value.startswith(("/", "#", "?")), value
