"""Judges what can be counted: traces, model calls, models and tokens."""

from collections.abc import Iterable

from captures import Capture
from seen import Row, Seen
from verdict import Verdict


def traces(capture: Capture, seen: Seen) -> Verdict:
    """As many traces and spans as were sent."""
    expected = {"traces": capture.expected["traces"], "spans": capture.expected["spans"]}
    return Verdict.of(expected, {"traces": len(seen.traces), "spans": len(seen.spans)})


def model_calls(capture: Capture, seen: Seen) -> Verdict:
    """As many calls as the app made, the failed ones among them."""
    facts = capture.expected
    expected = (facts["llm_calls"] or 0, facts["embedding_calls"] or 0)
    got = (len(seen.model_calls), len(seen.embeddings))
    if facts["llm_calls"] is None and got[0] == capture.true_values.get("llm_calls"):
        # A call that only its name tells from other spans, and may be told by.
        expected = (got[0], expected[1])
    if expected == got == (0, 0):
        return Verdict.not_sent()
    return Verdict.of(
        {"LLM": expected[0], "EMBEDDING": expected[1]}, {"LLM": got[0], "EMBEDDING": got[1]}
    )


def model(capture: Capture, seen: Seen) -> Verdict:
    """Every call has the model that was asked for, and the one that answered."""
    facts = capture.expected
    calls = [*seen.model_calls, *seen.embeddings]
    requested = {*(facts["models_requested"] or ()), *(facts["embedding_models"] or ())}
    responded = {call["response_model"] for call in facts["calls"] if call["response_model"]}
    true = capture.true_values
    known = requested | responded | {*true.get("models_requested", ())}
    known |= {*true.get("embedding_models", ())}
    # Where no call has a span of its own, the model is on what made the calls.
    names = {_names(row) for row in (calls or seen.spans)}
    got = sorted(names, key=str)
    named = {name for each in names for name in each if name}
    strange = named - known
    if strange and (responded or not strange <= seen.all_sent):
        return Verdict.wrong(sorted(known), got, "no such model")
    if not requested:
        return Verdict.not_sent(sorted(named))
    if any(call["model"] is None for call in calls):
        return Verdict.wrong(sorted(requested), got, "a call without model")
    for name in requested:
        if not any(each.startswith(name) for each in named):
            return Verdict.wrong(sorted(requested), got, f"no {name}")
        if name in seen.requested_models and not any(name == each for each, _, _ in names):
            return Verdict.wrong(sorted(requested), got, f"{name} is no request_model")
    return Verdict.right(sorted(requested), got)


def _names(row: Row) -> tuple[str | None, str | None, str | None]:
    return row["request_model"], row["response_model"], row["model"]


def input_tokens(capture: Capture, seen: Seen) -> Verdict:
    """The tokens that went into models, those from a cache among them; of embeddings, too."""
    facts = capture.expected
    return _tokens(
        ("input", facts["input_tokens"], _total(_answering(seen), "input_tokens")),
        ("cached", facts["cached_input_tokens"], _total(_answering(seen), "cache_read_tokens")),
        ("embedding", facts["embedding_input_tokens"], _total(seen.embeddings, "input_tokens")),
    )


def output_tokens(capture: Capture, seen: Seen) -> Verdict:
    """The tokens that came out of models, those of reasoning among them."""
    facts = capture.expected
    return _tokens(
        ("output", facts["output_tokens"], _total(_answering(seen), "output_tokens")),
        ("reasoning", facts["reasoning_tokens"], _total(_answering(seen), "reasoning_tokens")),
    )


def _answering(seen: Seen) -> list[Row]:
    """Model calls, and what is billed instead of them."""
    return [call for call in seen.calls if call["span_type"] not in {"EMBEDDING", "RERANKER"}]


def _total(rows: Iterable[Row], column: str) -> int | None:
    values = [row[column] for row in rows if row[column] is not None]
    return sum(values) if values else None


def _tokens(*kinds: tuple[str, int | None, int | None]) -> Verdict:
    """kinds: of each its name, the tokens expected and those got. None is as good as zero."""
    expected = {name: tokens for name, tokens, _ in kinds if tokens}
    got = {name: tokens for name, _, tokens in kinds if tokens}
    if not expected and not got:
        return Verdict.not_sent()
    return Verdict.of(expected, got)
