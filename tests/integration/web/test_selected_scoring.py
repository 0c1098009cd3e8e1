"""Selected traces scored from the list, by scorers that need no model."""

from pathlib import Path

from browsing import Browser, Page
from page_lake import own_traces, trace_id

import spanlake


def test_selected_traces_are_scored(tmp_path: Path) -> None:
    """The choice has the scorers that need no model; the verdicts are a run, and come once."""
    data = tmp_path / "lake"
    own_traces().store(data)
    ids = f"{trace_id(5)},{trace_id(6)}"
    with Browser(data) as browser:
        choice = Page(browser.post("/traces/score", {"ids": ids}).text)
        offered = {found["name"] for found in choice.find("input", type="checkbox")}
        assert {"scorer:pii_detection", "scorer:latency", "scorer:exact_match"} <= offered
        assert not any("safety" in each for each in offered)
        assert "needs the key of its provider" in choice.text
        asked = {"ids": ids, "asked": "yes"}
        assert "No scorer is chosen" in browser.post("/traces/score", asked).text
        # What is not offered is no scorer, whatever it names.
        odd = asked | {"scorer:os:getcwd": "on"}
        assert "No scorer is chosen" in browser.post("/traces/score", odd).text
        chosen = asked | {"scorer:pii_detection": "on", "scorer:latency": "on", "name": "by hand"}
        foreign = {"origin": "https://evil.example"}
        assert browser.post("/traces/score", chosen, foreign).status_code == 403
        done = browser.post("/traces/score", chosen)
        assert done.status_code == 303
        page = browser.page(done.headers["location"])
        for words in ("by hand", "pii_detection", "latency", "And your dog?", "stored traces"):
            assert words in page.text
        assert "1 row" in browser.page(f"{done.headers['location']}?q=your+dog").text
        assert "Nothing to score" in browser.post("/traces/score", chosen).text
    with spanlake.connect(data) as lake:
        found = lake.sql(
            "SELECT name, count(*) FROM assessments GROUP BY name ORDER BY name"
        ).fetchall()
    assert found == [("latency", 2), ("pii_detection", 2)]
