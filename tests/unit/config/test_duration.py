import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanlake.config.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30.0),
        ("1m30s", 90.0),
        ("1h", 3600.0),
        ("1.5h", 5400.0),
        ("30d", 2_592_000.0),
        ("1d12h", 129_600.0),
        ("0.1s", 0.1),
        ("250us", 0.00025),
        ("250µs", 0.00025),
        ("7ns", 7e-9),
        ("0s", 0.0),
        (30, 30.0),
        (0.25, 0.25),
    ],
)
def test_units_and_bare_numbers_are_read_as_seconds(written: object, seconds: float) -> None:
    """A duration is read as seconds, from text with units and from a bare number of seconds."""
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "30", "30 s", "s", "-1s", "1w", "1s30", "half", True, None, ()]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    """What has no unit, an unknown unit or is no number at all is refused with examples."""
    with pytest.raises(ValueError, match=r"^must be a duration such as 500ms, 30s or 1m30s"):
        parse_duration(written)


@pytest.mark.parametrize("written", ["3651d", 10**18, "9" * 5000 + "s"])
def test_more_than_ten_years_are_refused(written: object) -> None:
    """A duration of more than ten years is refused, however large the number."""
    with pytest.raises(ValueError, match=r"^must be at most 3650d$"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "0s"),
        (0.0005, "0.5ms"),
        (0.5, "500ms"),
        (1.5, "1500ms"),
        (60.0, "60s"),
        (7200.0, "2h"),
    ],
)
def test_seconds_are_written_in_the_largest_exact_unit(seconds: float, written: str) -> None:
    """A duration is written in the largest of hours, seconds and milliseconds that is exact."""
    assert format_duration(seconds) == written


@given(st.integers(min_value=0, max_value=3650 * 86_400 * 1000))
def test_a_written_duration_reads_back_the_same(milliseconds: int) -> None:
    """Every duration of whole milliseconds survives being written and read."""
    seconds = milliseconds / 1000
    assert parse_duration(format_duration(seconds)) == seconds
