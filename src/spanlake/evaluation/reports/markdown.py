"""Comparisons and gates as Markdown, for a comment on a pull request or a job summary."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from spanlake.evaluation.statistics.comparison import (
    Change,
    Comparison,
    RunComparison,
    ScorerComparison,
)
from spanlake.evaluation.statistics.flips import FlippedRow
from spanlake.evaluation.statistics.gate import GateResult
from spanlake.evaluation.statistics.wording import (
    amount,
    difference_text,
    p_text,
    remarks,
    sentence,
)

Link = Callable[[str], str]
"""From a trace id to the address of its page."""

MAX_ROWS = 50
"""So many flipped rows are listed; a comment on a pull request has its limit."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~!@])")


def gate_markdown(result: GateResult, link: Link | None = None) -> str:
    """A gate: passed or failed, every check that failed, then the comparison."""
    word = "passed" if result.passed else "failed"
    lines = [f"## Gate {word}: {_escaped(result.run)}", ""]
    failed = [f"- {_escaped(check.message)}" for check in result.failed]
    if failed:
        lines += [f"{len(failed)} of {len(result.checks)} checks failed:", "", *failed, ""]
    if result.comparison is not None:
        lines += _run(result.comparison.runs[0], result.comparison, link)
    passed = [f"- {_escaped(check.message)}" for check in result.checks if check.passed]
    if passed:
        lines += _folded(f"{len(passed)} checks passed", passed)
    return "\n".join(lines)


def comparison_markdown(comparison: Comparison, link: Link | None = None) -> str:
    """Each candidate against the baseline."""
    lines = [f"## Compared with {_escaped(comparison.baseline)}", ""]
    for run in comparison.runs:
        lines += [f"### {_escaped(run.candidate)}", "", *_run(run, comparison, link)]
    return "\n".join(lines)


def _run(run: RunComparison, comparison: Comparison, link: Link | None) -> list[str]:
    level = comparison.level
    lines = [_escaped(sentence(run, level)), ""]
    heads = ["scorer", run.baseline, run.candidate, "change", "evidence", "pairs"]
    rows = (_scorer_row(scorer, level) for scorer in run.scorers)
    lines += [*_table(heads, rows), ""]
    worse = [
        [
            f"{scorer.spec.name} where {part.column} is {part.value or 'not known'}",
            difference_text(scorer, level, part),
            p_text(part.p_adjusted),
            str(part.pairs),
        ]
        for scorer in run.scorers
        for part in scorer.slices
        if part.change is Change.WORSE
    ]
    if worse:
        lines += ["Worse slices:", ""]
        lines += [*_table(["slice", "change", "evidence", "pairs"], worse), ""]
    if run.flipped:
        lines += _flipped(run, link)
    if notes := remarks(run, comparison):
        lines += _folded("How to read this", [f"- {_escaped(note)}" for note in notes])
    return lines


def _scorer_row(scorer: ScorerComparison, level: float) -> list[str]:
    means = [
        "none" if estimate.value is None else amount(estimate.value, scorer)
        for estimate in (scorer.baseline, scorer.candidate)
    ]
    test = scorer.difference.test
    evidence = f"{scorer.change.value}, {p_text(scorer.p_adjusted)}"
    if test is not None:
        evidence += f" ({test.method})"
    change = difference_text(scorer, level)
    return [scorer.spec.name, *means, change, evidence, str(scorer.pairs)]


def _flipped(run: RunComparison, link: Link | None) -> Iterator[str]:
    broken = sum(row.direction == "pass_to_fail" for row in run.flipped)
    summary = f"{broken} from pass to fail, {len(run.flipped) - broken} from fail to pass"
    shown = run.flipped[:MAX_ROWS]
    rows = _table(
        ["record", "scorer", "turned", run.baseline, run.candidate],
        ([_escaped(cell) for cell in _flipped_row(row)[:3]] + _traces(row, link) for row in shown),
        escape=False,
    )
    more = [f"and {len(run.flipped) - MAX_ROWS} more"] if len(run.flipped) > MAX_ROWS else []
    yield from _folded(summary, [*rows, "", *more])


def _flipped_row(row: FlippedRow) -> list[str]:
    return [row.record_id, row.scorer, row.direction.replace("_", " ")]


def _traces(row: FlippedRow, link: Link | None) -> list[str]:
    """The share of repetitions that passed in each run, linked to a trace where there is one."""
    cells = []
    for share, trace_id in (
        (row.baseline, row.baseline_trace_id),
        (row.candidate, row.candidate_trace_id),
    ):
        label = {0.0: "fail", 1.0: "pass"}.get(share, f"{share:.0%} pass")
        if trace_id and link:
            cells.append(f"[{label}](<{link(trace_id)}>)")
        else:
            cells.append(label + (f" {_escaped(trace_id)}" if trace_id else ""))
    return cells


def _table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, escape: bool = True
) -> list[str]:
    lines = [
        f"| {' | '.join(_escaped(head) for head in heads)} |",
        f"|{' --- |' * len(heads)}",
    ]
    for row in rows:
        cells = [_escaped(cell) if escape else cell for cell in row]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _folded(summary: str, lines: Sequence[str]) -> list[str]:
    return ["<details>", f"<summary>{summary}</summary>", "", *lines, "", "</details>", ""]


def _escaped(text: str) -> str:
    """Text that means nothing in Markdown or HTML, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
