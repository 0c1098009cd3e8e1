"""What is counted of the traces of a view."""

from pathlib import Path

import pytest
from rows import span, write

from spanlake.storage.lake import Lake
from spanlake.storage.pages import trace_counts
from spanlake.storage.pages.overview import read_overview
from spanlake.storage.pages.trace_counts import TraceCounts, read_trace_counts
from spanlake.storage.pages.trace_selection import TraceSelection


def services(counts: TraceCounts) -> tuple[tuple[str, int], ...]:
    """What is counted by service."""
    return next(facet.values for facet in counts.facets if facet.name == "service")


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


def test_facets_of_many_traces_are_of_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Total and histogram are of all chosen traces; facets of the newest, which is said."""
    write(
        tmp_path,
        *(
            span(f"{n:016x}", start_ms=1000 * n, trace_id=f"{n:032x}", service_name=f"s{n // 4}")
            for n in range(10)
        ),
    )
    with Lake(tmp_path) as lake:
        whole = read_trace_counts(lake, TraceSelection())
        monkeypatch.setattr(trace_counts, "MOST_FACETED", 3)
        part = read_trace_counts(lake, TraceSelection(search="name != '" + "0" * 15 + "9'"))
    assert (whole.total, whole.faceted) == (10, None)
    assert services(whole) == (("s0", 4), ("s1", 4), ("s2", 2))
    assert (part.total, sum(bar.total for bar in part.histogram), part.faceted) == (9, 9, 3)
    assert services(part) == (("s1", 2), ("s2", 1))
