"""The state of a list is its URL."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.datastructures import QueryParams

from spanlake.errors import UserError
from spanlake.web.pages.folding import fold
from spanlake.web.pages.quantities import UNKNOWN, cost, duration, percent, size, tokens
from spanlake.web.pages.view_state import ViewState

FULL = (
    "experiment=shop&q=refund&session=s%201&range=24h&model=a&model=b&not.status=error"
    "&sort=duration_ms&cols=time,input&group=session&page=3"
)


def state(url: str) -> ViewState:
    return ViewState.of("/traces", QueryParams(urlsplit(url).query))


def test_a_url_reads_back_as_it_was_written() -> None:
    """What is read from a URL is what the URL of it says."""
    first = state(f"/traces?{FULL}")
    assert state(first.url()) == first
    assert sorted(parse_qsl(urlsplit(first.url()).query)) == sorted(parse_qsl(FULL))


def test_including_twice_takes_away() -> None:
    """A second click on a value takes it away; excluding a value that is included turns it."""
    plain = state("/traces")
    once = state(plain.including("model", "a b&c"))
    assert once.included == {"model": ("a b&c",)}
    assert state(once.including("model", "a b&c")) == plain
    turned = state(once.excluding("model", "a b&c"))
    assert (turned.included, turned.excluded) == ({}, {"model": ("a b&c",)})


def test_every_change_goes_to_the_first_page() -> None:
    """What changes the rows leads to their first page."""
    far = state("/traces?page=9")
    urls = [far.including("model", "a"), far.sorted_by("duration_ms"), far.in_range("1h")]
    urls += [far.grouped(), far.cleared()]
    assert {state(url).page for url in urls} == {1}
    assert state(far.showing("spans")).page == 9


def test_what_means_nothing_is_left_out() -> None:
    """Unknown columns, sorts, ranges, facets and pages are as if they were not there."""
    odd = "/traces?cols=nothing&sort=-drop&range=1y&page=-1&nothing=x&not.nothing=y&group=x"
    assert state(odd) == state("/traces")
    assert state("/traces?page=" + "9" * 5000) == state("/traces")


def test_a_time_that_is_none_is_told() -> None:
    """A time that cannot be read names the field, the value and the rule."""
    with pytest.raises(UserError, match="from is 'yesterday': must be a time such as"):
        state("/traces?from=yesterday")
    assert state("/traces?from=2026-01-01T00:00:00").since == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "head_lines"),
    [("", 0), ("short", 1), ("a\n" * 8, 9), ("a line of words\n" * 100, 12)],
)
def test_long_texts_fold_at_twelve_lines(text: str, head_lines: int) -> None:
    """A text of many lines shows twelve; nothing of it is lost."""
    folded = fold(text)
    assert len(folded.head.split("\n")) == max(head_lines, 1)
    assert (f"{folded.head}\n{folded.tail}" if folded.tail else folded.head) == text


def test_long_lines_fold_by_characters() -> None:
    """A text of one long line shows its beginning; nothing of it is lost."""
    text = "word " * 2000
    folded = fold(text)
    assert 1000 < len(folded.head) <= 1200
    assert folded.head + folded.tail == text


def test_quantities_read_as_people_write_them() -> None:
    """Durations, tokens, costs, sizes and shares have their forms, and what is unknown a dash."""
    assert [duration(each) for each in (None, 0.4159, 312.2, 1240, 125_000, 12_000_000)] == [
        UNKNOWN, "0.42 ms", "312 ms", "1.24 s", "2 min 05 s", "3 h 20 min",
    ]  # fmt: skip
    assert [tokens(None, None), tokens(1204, 318), tokens(5, None)] == [
        UNKNOWN,
        "1,204 → 318",
        f"5 → {UNKNOWN}",
    ]
    assert [cost(None), cost(None, 2), cost(0.0041), cost(0.0000395), cost(12.5, 1)] == [
        UNKNOWN, "unpriced", "$0.0041", "$0.000039", "$12.50+",
    ]  # fmt: skip
    assert [size(12), size(3_500_000)] == ["12 B", "3.3 MiB"]
    assert [percent(-1), percent(0.12345), percent(9)] == ["0.00%", "12.35%", "100.00%"]
