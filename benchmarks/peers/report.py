"""The table and the plot of docs/benchmarks.md, from measured rounds."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

_MIB = 1 << 20
_COLOURS = {"Spanlake": "#2f6fed", "MLflow": "#9aa3af", "Phoenix": "#c3a26b"}
_BAR, _GAP, _WIDTH, _LABEL = 16, 6, 720, 170

Round = Mapping[str, Any]
Rounds = Mapping[str, Sequence[Round]]
"""What was measured, by product."""

_ROWS: tuple[tuple[str, Callable[[Round], float], str], ...] = (
    ("spans acknowledged a second", lambda of: of["acknowledged"], ",.0f"),
    ("spans durable a second", lambda of: of["durable"], ",.0f"),
    ("ack p50, ms", lambda of: of["ack_p50_ms"], ",.0f"),
    ("queryable after the last ack, s", lambda of: of["queryable_seconds"], ",.1f"),
    ("acknowledged spans lost by kill -9, %", lambda of: 100 * of["lost"] / of["at_risk"], ".0f"),
    ("bytes on disk a span", lambda of: of["bytes_per_span"], ",.0f"),
    ("start-up, s", lambda of: of["started_seconds"], ",.1f"),
    ("memory idle, MiB", lambda of: of["idle_bytes"] / _MIB, ",.0f"),
    ("memory after the load, MiB", lambda of: of["loaded_bytes"] / _MIB, ",.0f"),
    ("installed, MiB", lambda of: of["install_bytes"] / _MIB, ",.0f"),
    ("distributions installed", lambda of: of["distributions"], ",.0f"),
)


def table(rounds: Rounds) -> str:
    """Medians, a column a product; questions in milliseconds."""
    titles = [f"{name} {of[0]['version']}" for name, of in rounds.items()]
    lines = [f"| | {' | '.join(titles)} |", f"| --- |{' --- |' * len(titles)}"]
    for title, value, form in _ROWS:
        cells = [format(statistics.median(map(value, of)), form) for of in rounds.values()]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    for question in questions(rounds):
        cells = [_milliseconds(of, question) for of in rounds.values()]
        lines.append(f"| {question}, ms | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def questions(rounds: Rounds) -> list[str]:
    """What was asked."""
    return list(dict.fromkeys(name for of in rounds.values() for name in of[0]["questions"]))


def _times(of: Sequence[Round], question: str) -> list[float]:
    return [ms for each in of for ms in each["questions"].get(question, {}).get("ms", ())]


def _milliseconds(of: Sequence[Round], question: str) -> str:
    times = _times(of, question)
    return format(statistics.median(times), ",.0f") if times else "no answer"


def plot(rounds: Rounds) -> str:
    """Bars of the five questions and of durable spans a second, as SVG; each row to its longest."""
    rows: list[tuple[str, dict[str, float]]] = [
        (
            "spans durable a second",
            {
                name: statistics.median(each["durable"] for each in of)
                for name, of in rounds.items()
            },
        )
    ]
    for question in questions(rounds):
        timed = {name: _times(of, question) for name, of in rounds.items()}
        medians = {name: statistics.median(times) for name, times in timed.items() if times}
        rows.append((f"{question}, ms", medians))
    parts: list[str] = []
    y = 10
    for title, values in rows:
        parts.append(f'<text x="8" y="{y + 12}" font-weight="600">{escape(title)}</text>')
        y += 20
        longest = max(values.values(), default=1.0) or 1.0
        for name, value in values.items():
            width = max(1, (_WIDTH - _LABEL - 90) * value / longest)
            colour = _COLOURS.get(name, "#888888")
            size = f'width="{width:.0f}" height="{_BAR}"'
            parts += [
                f'<text x="8" y="{y + 12}">{escape(name)}</text>',
                f'<rect x="{_LABEL}" y="{y}" {size} fill="{colour}"/>',
                f'<text x="{_LABEL + width + 6:.0f}" y="{y + 12}">{value:,.0f}</text>',
            ]
            y += _BAR + _GAP
        y += 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" '
        f'font-family="sans-serif" font-size="12" fill="#111827">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )
