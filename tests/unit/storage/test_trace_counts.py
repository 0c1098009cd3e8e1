"""What is counted of the traces of a view."""

from pathlib import Path

import pytest
from rows import span, write

from spanlake.storage.lake import Lake
from spanlake.storage.pages.overview import read_overview
from spanlake.storage.pages.trace_counts import read_trace_counts
from spanlake.storage.pages.trace_selection import TraceSelection


@pytest.mark.parametrize("starts", [[0], [499, 500], [700], [999, 1000, 1999]])
def test_every_trace_has_its_bar(tmp_path: Path, starts: list[int]) -> None:
    """A trace is in the bar of its time, however near that is to the next one."""
    spans = [span(f"{n:016x}", start_ms=at, trace_id=f"{n:032x}") for n, at in enumerate(starts)]
    write(tmp_path, *spans)
    with Lake(tmp_path) as lake:
        bars = read_trace_counts(lake, TraceSelection()).histogram
        points = read_overview(lake, TraceSelection()).points
    expected = [sum(at // 1000 == second for at in starts) for second in range(2)]
    assert [bar.total for bar in bars] == expected[: len(bars)]
    assert sum(bar.total for bar in bars) == len(starts)
    assert [point.ok for point in points] == [count for count in expected if count]
