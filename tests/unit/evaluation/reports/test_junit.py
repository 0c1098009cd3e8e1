"""A gate as JUnit XML."""

from xml.etree.ElementTree import Element, fromstring

from verdict_frames import frame, passes, run

from spanlake.evaluation.reports.junit import MAX_ROWS, gate_junit
from spanlake.evaluation.statistics import Resampling, gate

QUICK = Resampling(resamples=1000)


def parsed(text: str) -> Element:
    return fromstring(text.encode())  # noqa: S314, our own output


def test_every_check_is_a_test_case() -> None:
    """Counts on top, a case a check, a failure with its message where it failed."""
    result = gate(
        passes("B", 10), criteria="correctness <= 1", baseline=passes("A", 0), resampling=QUICK
    )
    suites = parsed(gate_junit(result))
    (suite,) = suites
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "0")
    assert [case.get("classname") for case in suite] == [
        "spanlake.gate.criterion",
        "spanlake.gate.coverage",
        "spanlake.gate.regression",
    ]
    (failure,) = suites.iter("failure")
    assert (failure.get("message") or "").startswith("correctness: worse than A")


def test_a_failure_lists_the_rows_that_now_fail() -> None:
    """Each with its trace, so that the way from the CI to the trace is one search."""
    before = run("A", frame("s", [True] * 20))
    traces = [f"trace-{place}" for place in range(20)]
    after = run("B", frame("s", [place > 9 for place in range(20)], trace_id=traces))
    text = "".join(parsed(gate_junit(gate(after, baseline=before))).itertext())
    assert "from pass to fail: 3, trace trace-3" in text
    assert "trace-11" not in text


def test_a_long_list_is_cut_and_says_so() -> None:
    """After fifty rows the rest is counted."""
    result = gate(passes("B", MAX_ROWS + 7), baseline=passes("A", 0), resampling=QUICK)
    assert "and 7 more" in "".join(parsed(gate_junit(result)).itertext())


def test_hostile_names_stay_text() -> None:
    """Names with markup, control characters and lone surrogates leave XML that can be read."""
    evil = "</failure>&<x>\x00\x1b[31m\ud800\uffff"
    ids = [f"{n}{evil[:20]}" for n in range(12)]
    before, after = (
        run(evil, frame(evil, [passed] * 12, record_id=ids)) for passed in (True, False)
    )
    result = gate(after, baseline=before, resampling=QUICK)
    (suite,) = parsed(gate_junit(result))
    assert "</failure>&<x>" in (suite.get("name") or "")
    assert not any(case.tag == "x" for case in suite.iter())
