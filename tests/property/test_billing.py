"""Billing in SQL against billing in plain Python, on trees that no sane program sends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import Row, span, write

from spanlake.semconv.columns import MODEL_CALLS
from spanlake.storage.lake import Lake

IDS = [f"{number:x}" for number in range(9)]
LATER = 10**6


@dataclass(frozen=True)
class Sent:
    """A span as it was sent. start, duration: in ms; they also tell copies of one span apart."""

    trace_id: str
    span_id: str
    parent_id: str | None
    span_type: str | None
    tokens: int | None
    cost: float | None
    response_id: str | None
    provider: str | None
    is_rollup: bool | None
    has_text: bool
    start: int
    duration: int

    @property
    def end(self) -> int:
        return self.start + self.duration

    @property
    def reports(self) -> bool:
        return self.tokens is not None or self.cost is not None

    @property
    def is_call(self) -> bool:
        return self.span_type in MODEL_CALLS and not self.is_rollup

    def row(self) -> Row:
        return span(
            self.span_id,
            self.parent_id,
            start_ms=self.start,
            duration_ms=self.duration,
            trace_id=self.trace_id,
            span_type=self.span_type,
            total_tokens=self.tokens,
            cost_usd=self.cost,
            response_id=self.response_id,
            provider=self.provider,
            usage_is_rollup=self.is_rollup,
            input_messages="[]" if self.has_text else None,
        )


class Told(NamedTuple):
    """That a trace tells of a response."""

    trace_id: str
    response_id: str | None
    provider: str | None


@dataclass(frozen=True)
class Billed:
    """One row of the billing; unattributed is of rollups only."""

    trace_id: str
    span_id: str
    role: str
    billed_by: str | None
    unattributed: int | None


class Trace:
    """The rules, each as it is said, with no thought of speed."""

    def __init__(self, spans: Sequence[Sent]) -> None:
        self._spans = {sent.span_id: sent for sent in sorted(spans, key=lambda sent: sent.end)}

    def billing(self, elsewhere: set[Told]) -> Iterator[Billed]:
        """elsewhere: what other traces are billed for."""
        calls = self._calls()
        for call in calls:
            if call.is_call and Told(call.trace_id, *self._response(call)) in elsewhere:
                continue
            by = self._covered_by(call)
            role = "billed" if call.reports else "covered" if by else "unreported"
            yield Billed(call.trace_id, call.span_id, role, by, None)
        for rollup in self._spans.values():
            if rollup.reports and not rollup.is_call and self._reports_below(rollup):
                if self._rollups_above(rollup):
                    continue
                below = [call for call in calls if rollup in self._above(call)]
                rest = (rollup.tokens or 0) - sum(call.tokens or 0 for call in below)
                yield Billed(rollup.trace_id, rollup.span_id, "rollup", None, max(0, rest))

    def _calls(self) -> list[Sent]:
        """What counts as a call, one for each response."""
        chosen: dict[object, Sent] = {}
        counted = [sent for sent in self._spans.values() if self._counts(sent)]
        for call in sorted(counted, key=self._rank):
            same = self._response(call) if call.response_id and call.is_call else call
            chosen.setdefault(same, call)
        return list(chosen.values())

    def _response(self, call: Sent) -> tuple[str | None, str | None]:
        return call.response_id, provider_of(call, self._spans.values())

    def _rank(self, call: Sent) -> tuple[bool, int, int, str]:
        return not call.reports, -len(self._above(call)), call.duration, call.span_id

    def _counts(self, sent: Sent) -> bool:
        if sent.reports:
            return not self._reports_below(sent)
        reporter = self._reporter_above(sent)
        return (
            sent.is_call
            and not any(below.reports or below.is_call for below in self._below(sent))
            and not (reporter and reporter.is_call)
        )

    def _covered_by(self, call: Sent) -> str | None:
        reporter = self._reporter_above(call)
        if call.reports or reporter is None or self._reports_below(reporter):
            return None
        return reporter.span_id

    def _above(self, sent: Sent) -> list[Sent]:
        """The ancestors, nearest first; none where they go in a circle."""
        chain: list[Sent] = []
        parent = self._spans.get(sent.parent_id or "")
        while parent is not None:
            if parent in chain:
                return []
            chain.append(parent)
            parent = self._spans.get(parent.parent_id or "")
        return chain

    def _below(self, sent: Sent) -> list[Sent]:
        return [other for other in self._spans.values() if sent in self._above(other)]

    def _reports_below(self, sent: Sent) -> bool:
        return any(below.reports for below in self._below(sent))

    def _reporter_above(self, sent: Sent) -> Sent | None:
        return next((above for above in self._above(sent) if above.reports), None)

    def _rollups_above(self, sent: Sent) -> list[Sent]:
        return [above for above in self._above(sent) if above.reports and not above.is_call]


def provider_of(call: Sent, spans: Iterable[Sent]) -> str | None:
    """The provider of a call: its own, else that of another call with the response."""
    named = [
        sent.provider
        for sent in spans
        if sent.is_call
        and sent.provider
        and sent.trace_id == call.trace_id
        and sent.response_id == call.response_id
    ]
    return call.provider or min(named, default=None)


def billed_elsewhere(spans: Sequence[Sent]) -> set[Told]:
    """What a trace tells of that another is billed for."""
    told: dict[Told, list[Sent]] = {}
    for sent in spans:
        provider = provider_of(sent, spans)
        if sent.is_call and sent.response_id and provider:
            told.setdefault(Told(sent.trace_id, sent.response_id, provider), []).append(sent)

    def rank(one: Told) -> tuple[bool, bool, int, int, str]:
        of_trace = [sent for sent in spans if sent.trace_id == one.trace_id]
        return (
            not any(sent.reports for sent in told[one]),
            not any(s.has_text for s in of_trace if s.response_id == one.response_id),
            -len({sent.span_id for sent in of_trace}),
            min(sent.start for sent in told[one]),
            one.trace_id,
        )

    elsewhere: set[Told] = set()
    for response in {one[1:] for one in told}:
        episodes: list[list[Told]] = []
        last = -1
        tellers = [one for one in told if one[1:] == response]
        for one in sorted(tellers, key=lambda one: min(sent.start for sent in told[one])):
            if min(sent.start for sent in told[one]) > last:
                episodes.append([])
            episodes[-1].append(one)
            last = max(last, *(sent.end for sent in told[one]))
        for episode in episodes:
            elsewhere |= {*episode} - {min(episode, key=rank)}
    return elsewhere


# Weighted towards what collides: few ids, few kinds, mostly calls that report something.
SPANS = st.builds(
    Sent,
    trace_id=st.sampled_from(["t1", "t2", "t3"]),
    span_id=st.sampled_from(IDS),
    parent_id=st.sampled_from([*IDS, "missing", None, None, None]),
    span_type=st.sampled_from(["LLM", "LLM", "LLM", "AGENT", "AGENT", "TOOL", None]),
    tokens=st.sampled_from([None, None, 0, 1, 2, 30]),
    cost=st.sampled_from([None, None, None, 0.5]),
    response_id=st.sampled_from([None, "", "r1", "r1"]),
    provider=st.sampled_from([None, "openai", "openai", "openai"]),
    is_rollup=st.sampled_from([None, None, None, True, False]),
    has_text=st.booleans(),
    start=st.sampled_from([0, 0, 1, LATER]),
    duration=st.integers(0, LATER - 2),
)
SENT = st.lists(SPANS, min_size=15, max_size=45, unique_by=lambda sent: (sent.trace_id, sent.end))


def billed_in_sql(spans: Sequence[Sent]) -> set[Billed]:
    with TemporaryDirectory() as data:
        half = len(spans) // 2
        for part in (spans[:half], spans[half:]):
            write(Path(data), *(sent.row() for sent in part))
        with Lake(Path(data)) as lake:
            rows = lake.sql(
                "SELECT trace_id, span_id, role, billed_by, unattributed_tokens FROM live.billed"
            ).fetchall()
    assert len(rows) == len(set(rows))
    return {Billed(*row) for row in rows}


def billed_in_python(spans: Sequence[Sent]) -> set[Billed]:
    traces: Mapping[str, list[Sent]] = {sent.trace_id: [] for sent in spans}
    for sent in spans:
        traces[sent.trace_id].append(sent)
    elsewhere = billed_elsewhere(spans)
    return {billed for trace in traces.values() for billed in Trace(trace).billing(elsewhere)}


@settings(max_examples=25)
@given(SENT)
def test_sql_bills_what_the_rules_say(spans: list[Sent]) -> None:
    """Circles, lost parents, copies and other traces included, every span has its role in SQL."""
    assert billed_in_sql(spans) == billed_in_python(spans)


@pytest.mark.slow
@settings(max_examples=1_000)
@given(SENT)
def test_sql_bills_a_thousand_lakes_by_the_rules(spans: list[Sent]) -> None:
    """The same for a thousand lakes."""
    assert billed_in_sql(spans) == billed_in_python(spans)
