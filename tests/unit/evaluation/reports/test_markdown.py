"""Comparisons and gates as Markdown."""

from inline_snapshot import snapshot
from markdown_it import MarkdownIt
from verdict_frames import frame, passes, run, support_bot

from spanlake.evaluation.reports.markdown import MAX_ROWS, comparison_markdown, gate_markdown
from spanlake.evaluation.statistics import Resampling, compare, gate

QUICK = Resampling(resamples=1000)


def rendered(text: str) -> str:
    """As GitHub would show it, with HTML of the text's own told apart from ours."""
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_a_failed_gate_says_what_failed_and_links_the_rows() -> None:
    """Verdict, failed checks, the sentence, the table, and the flipped rows with their traces."""
    ids = [f"t{place}" for place in range(40)]
    before = run("main", frame("correctness", [True] * 40, trace_id=ids))
    after = run("branch", frame("correctness", [p > 9 for p in range(40)], trace_id=ids))
    result = gate(after, baseline=before, criteria="correctness >= 0.9", resampling=QUICK)
    text = gate_markdown(result, lambda trace_id: f"http://localhost:4318/traces/{trace_id}")
    assert text.split("<details>")[0] == snapshot("""\
## Gate failed: branch

2 of 3 checks failed:

- correctness is 0.75 (95 % CI 0.5981 to 0.8581), not \\>= 0.9
- correctness: worse than main, -25.0 pp (95 % CI -40.2 to -14.0), p \\< 0.001

branch is worse on correctness by 25.0 pp (95 % CI 14.0 to 40.2).

| scorer | main | branch | change | evidence | pairs |
| --- | --- | --- | --- | --- | --- |
| correctness | 100.0 % | 75.0 % | -25.0 pp (95 % CI -40.2 to -14.0) | worse, p \\< 0.001 (McNemar mid-p) | 40 |

""")  # noqa: E501, a row of a table is one line
    assert "[fail](<http://localhost:4318/traces/t3>)" in text
    assert rendered(text).count("<tr>") == 1 + 1 + 1 + 10


def test_a_passed_gate_folds_its_checks() -> None:
    """Passed on top; what was looked at can be unfolded."""
    text = gate_markdown(gate(passes("B", 0), baseline=passes("A", 0), resampling=QUICK))
    assert text.startswith("## Gate passed: B\n")
    assert "<summary>2 checks passed</summary>" in text


def test_each_candidate_has_its_section() -> None:
    """More than two runs: one table each, against the same baseline."""
    baseline = support_bot("A", skill=0.6, seconds=1, seed=1)
    candidates = [
        support_bot(name, skill=0.7, seconds=1, seed=n) for n, name in ((2, "B"), (3, "C"))
    ]
    text = comparison_markdown(compare(baseline, candidates, resampling=QUICK))
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads == ["## Compared with A", "### B", "### C"]
    assert rendered(text).count("<table>") == 2 + 2


def test_worse_slices_have_a_table_of_their_own() -> None:
    """Only those that are worse; the others are in the result."""
    language = ["de"] * 30 + ["en"] * 70
    before = run("A", frame("s", [True] * 100, language=language))
    after = run("B", frame("s", [place >= 12 for place in range(100)], language=language))
    text = comparison_markdown(compare(before, [after], slices=["language"], resampling=QUICK))
    assert "| s where language is de | -40.0 pp" in text
    assert "language is en" not in text


def test_a_long_list_of_rows_is_cut_and_says_so() -> None:
    """After fifty flipped rows the rest is counted."""
    comparison = compare(passes("A", 0), [passes("B", MAX_ROWS + 9)], resampling=QUICK)
    assert "and 9 more" in comparison_markdown(comparison)


def test_hostile_names_stay_text() -> None:
    """Pipes, line ends, links, mentions and HTML in names neither break tables nor act."""
    evil = "<img src=x onerror=alert(1)> | [a](http://x) `\n\n# h @all"
    ids = [f"{evil}{n}" for n in range(12)]
    before, after = (
        run(evil, frame(evil, [passed] * 12, record_id=ids)) for passed in (True, False)
    )
    text = gate_markdown(gate(after, baseline=before, resampling=QUICK))
    html = rendered(text)
    assert "<img" not in html
    assert "href" not in html
    assert "<h1>" not in html
    assert html.count("<tr>") == 1 + 1 + 1 + 12
