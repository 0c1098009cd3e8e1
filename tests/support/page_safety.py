"""That a page is made of what our templates put there, and of nothing a trace says."""

from urllib.parse import urlsplit

import httpx2
from browsing import Page

# What our own templates are made of; nothing else may come to be in a page.
_ELEMENTS = frozenset(
    """
    a article aside b body button circle code datalist dd details dialog div dl dt fieldset
    figcaption figure form h1 h2 h3 head header html i img input kbd label legend li line link
    main meta nav noscript ol option p path pre rect script section select span summary svg symbol
    table tbody td textarea th thead time title tr ul use
    """.split()  # noqa: SIM905  # read as a text
)


def check_page(response: httpx2.Response) -> None:
    """Assert that no element, handler or address is there that templates did not put there."""
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
