"""`spanlake sample`."""

import json
from pathlib import Path

import pytest
from command_line import Run

_ANSWERED, _FAILED = "a" * 32, "b" * 32
_NONE = ("--sampling-percentage", "0", "--decision-wait", "1s")


def test_a_dry_run_says_what_would_go(run: Run, data: Path) -> None:
    """Nothing is changed, also where nothing is sealed yet; and then it is so."""
    answer = run("sample", "--data", data, *_NONE, "--dry-run", "--format", "json")
    (told,) = json.loads(answer.out)
    assert told.pop("freed_bytes") > 0
    assert told == {
        "is_dry_run": True,
        "traces": {"dropped": 1, "error": 1},
        "spans_removed": 2,
        "log_records_removed": 0,
    }
    count = ("sql", "SELECT count(*) AS n FROM traces", "--data", data, "--format", "json")
    assert json.loads(run(*count).out) == [{"n": 2}]
    (done,) = json.loads(run("sample", "--data", data, *_NONE, "--format", "json").out)
    assert done["traces"] == told["traces"]
    assert json.loads(run(*count).out) == [{"n": 1}]
    audit = "SELECT action, details->>'dropped' AS dropped FROM audit"
    events = json.loads(run("sql", audit, "--data", data, "--format", "json").out)
    assert events == [{"action": "sampling.remove", "dropped": "1"}]
    nothing = run("sample", "--data", data, *_NONE)
    assert nothing.text == "no trace has settled that is not judged already\n"


def test_people_are_told_in_words(run: Run, data: Path) -> None:
    """Why traces stay, for how many, and what goes."""
    answer = run("sample", "--data", data, *_NONE, "--dry-run")
    lines = answer.text.splitlines()
    assert lines[:2] == ["2 traces would be judged", "  kept as they are: 1 (error 1)"]
    assert lines[2].startswith("  removed: 1 with 2 spans and 0 log records, about ")


def test_the_file_counts_where_no_flag_does(run: Run, data: Path, tmp_path: Path) -> None:
    """tail_sampling of a file is the rule; a flag stands above its key alone."""
    config = tmp_path / "sampling.yaml"
    config.write_text(
        "processors:\n  tail_sampling:\n    decision_wait: 1s\n    sampling_percentage: 0\n"
        "    keep: {errors: false, slower_than: 1ms}\n",
        encoding="utf-8",
    )
    asked = ("sample", "--data", data, "--config", config, "--dry-run", "--format", "json")
    assert json.loads(run(*asked).out)[0]["traces"] == {"slow": 2}
    flags = ("--errors", "--slower-than", "1h")
    assert json.loads(run(*asked, *flags).out)[0]["traces"] == {"dropped": 1, "error": 1}
    scored = ("--slower-than", "0s", "--scored-below", "a=0.5", "--failed", "safe", "--assessed")
    assert json.loads(run(*asked, *scored).out)[0]["traces"] == {"dropped": 2}


@pytest.mark.parametrize(
    ("flag", "value", "rule"),
    [
        (
            "--sampling-percentage",
            "101.0",
            "must be at most 100.0; correct the flag or leave it out",
        ),
        ("--slower-than", "long", "must be a duration such as 500ms"),
        ("--dearer-than", "-1.0", "must be at least 0.0; correct the flag or leave it out"),
        ("--scored-below", "x", "must be KEY=TEXT, such as helpfulness=0.5"),
        ("--scored-below", "x=low", "its value must be a number, such as 0.5"),
    ],
)
def test_a_flag_against_its_rule(run: Run, flag: str, value: str, rule: str) -> None:
    """A mistake is one line that names the flag, its value and the rule."""
    answer = run("sample", flag, value)
    assert answer.status == 2
    assert answer.err.startswith(f"error: {flag} is {value}")
    assert rule in answer.err
    assert answer.err.count("\n") == 1
