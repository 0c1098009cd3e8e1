import gzip
import os
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanlake.collector.inflate import gunzip
from spanlake.errors import MalformedError, TooLargeError

LIMIT = 1 << 20


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.integers(0, 9))
def test_members_are_joined(parts: list[bytes], level: int) -> None:
    """Gzip of any number of members is their contents, one after another."""
    body = b"".join(gzip.compress(part, level) for part in parts)
    assert gunzip(body, limit=LIMIT) == b"".join(parts)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1, 5 << 20])
@pytest.mark.parametrize("make", [bytes, os.urandom], ids=["zeros", "random"])
def test_contents_of_any_size_are_whole(make: Callable[[int], bytes], size: int) -> None:
    """Contents come out whole around the sizes of the steps, shrunk a lot or not at all."""
    content = make(size)
    assert gunzip(gzip.compress(content, 1), limit=5 << 20) == content


def test_the_limit_is_on_the_sum() -> None:
    """A result of just the limit is taken, and of one byte more is not, in however many members."""
    halves = [gzip.compress(bytes(LIMIT // 2))] * 2
    assert len(gunzip(b"".join(halves), limit=LIMIT)) == LIMIT
    for body in (gzip.compress(bytes(LIMIT + 1)), b"".join([*halves, gzip.compress(b"x")])):
        with pytest.raises(TooLargeError, match=f"over {LIMIT} bytes after decompression"):
            gunzip(body, limit=LIMIT)


def test_a_bomb_is_given_up_at_the_limit() -> None:
    """A hundred times the limit costs no more memory than the limit and a step."""
    bomb = gzip.compress(bytes(100 * LIMIT))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            gunzip(bomb, limit=LIMIT)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * LIMIT


def test_a_body_of_empty_members_is_given_up() -> None:
    """Members are counted, as each costs time whatever is in it."""
    member = gzip.compress(b"")
    assert gunzip(member * 10_000, limit=LIMIT) == b""
    with pytest.raises(MalformedError, match="over 10000 members"):
        gunzip(member * 1_000_000, limit=LIMIT)


_GOOD = gzip.compress(b"spans, " * 1000)


@pytest.mark.parametrize("cut", range(len(_GOOD)))
def test_what_is_cut_short_is_refused(cut: int) -> None:
    """Gzip that lacks any of its bytes at the end is malformed."""
    with pytest.raises(MalformedError, match="the body is cut short"):
        gunzip(_GOOD[:cut], limit=LIMIT)


@pytest.mark.parametrize(
    "body",
    [
        b"plain text",
        zlib.compress(b"of zlib"),
        _GOOD[:-8] + bytes(8),
        _GOOD + b"garbage",
        _GOOD + bytes(10),
        _GOOD + _GOOD[:-1],
    ],
    ids=["text", "zlib", "checksum", "garbage", "zeros", "second"],
)
def test_what_is_no_gzip_is_refused(body: bytes) -> None:
    """What is no gzip, or has something else after it, is malformed."""
    with pytest.raises(MalformedError, match="Content-Encoding is gzip, but the body"):
        gunzip(body, limit=LIMIT)
