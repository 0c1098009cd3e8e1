import os
import time
from pathlib import Path

import pytest

from spanlake.entities import Receipt
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import StoredRequest, encode
from spanlake.storage.recent import recent_requests
from spanlake.storage.schema import SPANS

HOUR = 3600.0


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def store(layout: Layout, writer: str, number: int, *, age: float) -> Path:
    """Write a file that answers for one request, named after the file, `age` seconds ago."""
    file = layout.hot_file("spans", writer, number)
    file.parent.mkdir(parents=True, exist_ok=True)
    request = StoredRequest(f"{writer}-{number}", Receipt(1))
    file.write_bytes(encode(SPANS.empty_table(), [request], compression_level=1))
    at = time.time() - age
    os.utime(file, (at, at))
    return file


def digests(layout: Layout, *, seconds: float = HOUR) -> list[str]:
    return [request.digest for request in recent_requests(layout, "spans", seconds=seconds)]


def test_requests_of_all_writers_are_found(layout: Layout) -> None:
    """The requests that any writer stored are there, those stored first before the others."""
    store(layout, "0001", 1, age=50)
    store(layout, "0002", 1, age=40)
    store(layout, "0001", 2, age=30)
    assert digests(layout) == ["0001-1", "0002-1", "0001-2"]


def test_requests_of_long_ago_are_left_out(layout: Layout) -> None:
    """What was stored before the window is not looked at."""
    store(layout, "0001", 1, age=HOUR + 60)
    store(layout, "0001", 2, age=HOUR - 60)
    assert digests(layout) == ["0001-2"]


def test_nothing_is_found_where_nothing_is_stored(layout: Layout) -> None:
    """A table without files has no requests."""
    assert digests(layout) == []


@pytest.mark.parametrize("content", [b"", b"PAR1", bytes(range(256)) * 20, None])
def test_a_damaged_file_is_named_and_passed_over(
    layout: Layout, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged file is named in the log and left alone; the requests of the others are found."""
    store(layout, "0001", 1, age=30)
    damaged = store(layout, "0001", 2, age=20)
    store(layout, "0001", 3, age=10)
    damaged.write_bytes(damaged.read_bytes()[:-9] if content is None else content)
    assert digests(layout) == ["0001-1", "0001-3"]
    assert str(damaged) in caplog.text
    assert damaged.exists()
