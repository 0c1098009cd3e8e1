"""A comparison in words: the first sentence, and what must be said beside it."""

from collections.abc import Iterator, Sequence

from spanlake.evaluation.statistics.bootstrap import FEW_UNITS
from spanlake.evaluation.statistics.comparison import (
    Change,
    Comparison,
    RunComparison,
    ScorerComparison,
    SliceComparison,
)
from spanlake.evaluation.statistics.difference import MIN_UNITS
from spanlake.evaluation.statistics.estimate import Interval, Kind


def sentence(run: RunComparison, level: float) -> str:
    """The result in a sentence: "B is better on correctness by 4.1 pp (95 % CI 1.2 to 7.0); …"."""
    parts = []
    claims = [
        f"{change.value} on {_listed([_claim(scorer, level) for scorer in scorers])}"
        for change in (Change.BETTER, Change.WORSE)
        if (scorers := _those(run, change))
    ]
    if claims:
        parts.append(f"{run.candidate} is {', and '.join(claims)}")
    for change in (Change.UNCLEAR, Change.TOO_FEW):
        if scorers := _those(run, change):
            link = "in" if change is Change.UNCLEAR else "to compare"
            parts.append(f"{change.value} {link} {_listed([s.spec.name for s in scorers])}")
    text = "; ".join(parts) + "."
    return text if claims else text[0].upper() + text[1:]


def remarks(run: RunComparison, comparison: Comparison) -> list[str]:
    """What a reader must know to judge the sentence, each a sentence of its own."""
    return [line for scorer in run.scorers for line in _remarks(run, scorer, comparison)] + [
        f"{name}: {lacking} has no values of it, so it is not compared."
        for names, lacking in ((run.missing, run.candidate), (run.new, run.baseline))
        for name in names
    ]


def amount(value: float, scorer: ScorerComparison, *, signed: bool = False) -> str:
    """A value of a scorer with its unit; pass rates in percent."""
    sign = "+" if signed else ""
    if scorer.kind is Kind.BINARY:
        return f"{_tenths(100 * value, sign)} %"
    return f"{_number(value, sign)} {scorer.spec.unit}".rstrip()


def change_amount(value: float, scorer: ScorerComparison, *, signed: bool = False) -> str:
    """A difference of a scorer's means with its unit; those of pass rates in percentage points."""
    sign = "+" if signed else ""
    if scorer.kind is Kind.BINARY:
        return f"{_tenths(100 * value, sign)} pp"
    return f"{_number(value, sign)} {scorer.spec.unit}".rstrip()


def interval_text(interval: Interval | None, scorer: ScorerComparison, level: float) -> str:
    """An interval in brackets, in the unit named before it."""
    if interval is None:
        return "(no interval)"
    low, high = interval.low, interval.high
    if scorer.kind is Kind.BINARY:
        bounds = f"{_tenths(100 * low)} to {_tenths(100 * high)}"
    else:
        bounds = f"{_number(low)} to {_number(high)}"
    return f"({percent(level)} CI {bounds})"


def difference_text(
    scorer: ScorerComparison, level: float, part: SliceComparison | None = None
) -> str:
    """Candidate minus baseline, signed, with its interval; of a slice, if one is given."""
    estimate = (part or scorer).difference.estimate
    if estimate.value is None:
        return "no pairs"
    value = change_amount(estimate.value, scorer, signed=True)
    return f"{value} {interval_text(estimate.interval, scorer, level)}"


def percent(share: float) -> str:
    """A share as a percentage, with as many digits as it needs."""
    return f"{100 * share:.6g} %"


def p_text(p_value: float | None) -> str:
    """A p-value as readers write it."""
    if p_value is None:
        return "no test"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"  # noqa: PLR2004, the custom


def _claim(scorer: ScorerComparison, level: float) -> str:
    """A proven change, by its size in the direction that is claimed."""
    estimate = scorer.difference.estimate
    value = estimate.value or 0.0
    interval = estimate.interval
    if value < 0 and interval is not None:
        interval = interval.reversed()
    size = change_amount(abs(value), scorer)
    return f"{scorer.spec.name} by {size} {interval_text(interval, scorer, level)}"


def _those(run: RunComparison, change: Change) -> list[ScorerComparison]:
    return [scorer for scorer in run.scorers if scorer.change is change]


def _remarks(run: RunComparison, scorer: ScorerComparison, all_: Comparison) -> Iterator[str]:
    name, units = scorer.spec.name, scorer.difference.estimate.count
    if scorer.lost:
        yield (
            f"{name}: {_records(len(scorer.lost))} with a verdict in {run.baseline} "
            f"{_have(len(scorer.lost))} none in {run.candidate}{_worst_case(scorer)}."
        )
    if scorer.gained:
        yield (
            f"{name}: {_records(len(scorer.gained))} with a verdict in {run.candidate} "
            f"{_have(len(scorer.gained))} none in {run.baseline}."
        )
    for label, coverage in (
        (run.baseline, scorer.baseline_coverage),
        (run.candidate, scorer.candidate_coverage),
    ):
        reasons = [
            f"{count} {word}"
            for count, word in (
                (coverage.errors, "error" if coverage.errors == 1 else "errors"),
                (coverage.missing, "without a value"),
                (coverage.unreadable, "neither a number nor yes or no"),
            )
            if count
        ]
        if reasons:
            yield f"{name}: of {coverage.rows} rows of {label}, {_listed(reasons)}: not counted."
    if units < scorer.pairs:
        yield f"{name}: {_records(scorer.pairs)} in {units} independent sessions."
    if MIN_UNITS <= units < FEW_UNITS and "BCa" in scorer.difference.estimate.method:
        yield f"{name}: an interval of {units} units is likely to be too narrow."
    if scorer.change is Change.UNCLEAR:
        yield from _unseen(scorer, all_)


def _unseen(scorer: ScorerComparison, comparison: Comparison) -> Iterator[str]:
    detectable, interval = scorer.difference.detectable, scorer.difference.estimate.interval
    if interval is not None and not interval.holds(0) and comparison.tests > 1:
        yield (
            f"{scorer.spec.name}: its interval alone excludes 0, but among "
            f"{comparison.tests} tests that is no evidence ({p_text(scorer.p_adjusted)})."
        )
    if detectable is not None:
        yield (
            f"{scorer.spec.name}: a change of less than {change_amount(detectable, scorer)} "
            "would probably not have been seen with this many records."
        )


def _worst_case(scorer: ScorerComparison) -> str:
    """How far failures among the lost records could move a pass rate."""
    value = scorer.difference.estimate.value
    if scorer.kind is not Kind.BINARY or value is None:
        return ""
    lost = len(scorer.lost)
    worst = (value * scorer.pairs - scorer.spec.sign * lost) / (scorer.pairs + lost)
    at_worst = change_amount(worst, scorer, signed=True)
    return f" (if all turned from pass to fail, the change would be {at_worst})"


def _tenths(value: float, sign: str = "") -> str:
    return f"{round(value, 1) + 0.0:{sign}.1f}"


def _number(value: float, sign: str = "") -> str:
    """Three significant digits, and all digits before the point."""
    if abs(value) >= 100:  # noqa: PLR2004, three digits
        return f"{value:{sign},.0f}"
    text = f"{value:{sign}.3g}"
    return text if "e" not in text else f"{value:{sign}.2e}"


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
