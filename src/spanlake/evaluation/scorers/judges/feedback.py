"""A judgement as feedback, with what it took to get it under the names the lake has for it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode

from spanlake.entities import AssessmentError, AssessmentSource, Feedback, SourceType
from spanlake.evaluation.models.errors import ModelError
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.reply import ChatReply
from spanlake.evaluation.models.tracing import EXPERIMENT, JUDGES, tracer_of
from spanlake.evaluation.scorers.judges.ask import JudgeError, Judgement


def feedback_of(
    name: str, model: ModelName, judgement: Judgement, noticed: Mapping[str, str]
) -> Feedback:
    """Make feedback of a verdict. noticed: further metadata."""
    metadata = {**provenance(model, judgement.replies), **noticed}
    if judgement.verdict.value is None:
        metadata["abstained"] = "true"
    return Feedback(
        name=name,
        value=judgement.verdict.value,
        rationale=judgement.verdict.rationale,
        source=source_of(model),
        metadata=metadata,
    )


def error_of(name: str, model: ModelName, error: JudgeError | ModelError) -> Feedback:
    """Make feedback of there being no verdict."""
    replies = error.replies if isinstance(error, JudgeError) else ()
    return Feedback(
        name=name,
        source=source_of(model),
        error=AssessmentError(error.error_code, str(error)),
        metadata=provenance(model, replies),
    )


def source_of(model: ModelName) -> AssessmentSource:
    """Who judges."""
    return AssessmentSource(SourceType.LLM_JUDGE, str(model))


def provenance(model: ModelName, replies: Sequence[ChatReply]) -> dict[str, str]:
    """Name the model, its tokens and what was paid; a cost that is not known is left out."""
    found = {"judge_model": str(model)}
    paid = [reply for reply in replies if not reply.from_cache]
    if replies:
        found["judge_input_tokens"] = str(sum(each.usage.input_tokens or 0 for each in paid))
        found["judge_output_tokens"] = str(sum(each.usage.output_tokens or 0 for each in paid))
    costs = [reply.cost_usd for reply in replies]
    known = [cost for cost in costs if cost is not None]
    if known and len(known) == len(costs):
        found["judge_cost_usd"] = _amount(sum(known))
    if len(paid) < len(replies):
        found["judge_cached_calls"] = str(len(replies) - len(paid))
        saved = [each.saved_usd for each in replies if each.saved_usd is not None]
        if saved:
            found["judge_saved_usd"] = _amount(sum(saved))
    trace_id = trace.get_current_span().get_span_context().trace_id
    if trace_id:
        found["judge_trace_id"] = trace.format_trace_id(trace_id)
    return found


def _amount(usd: float) -> str:
    return f"{usd:.12f}".rstrip("0").rstrip(".")


@contextmanager
def judge_span(name: str) -> Iterator[Span]:
    """Open the trace of one judgement: its own, and never a part of the one that is judged."""
    with tracer_of(JUDGES).start_as_current_span(
        f"judge {name}",
        context=Context(),
        attributes={EXPERIMENT: JUDGES, "spanlake.span_type": "EVALUATOR"},
    ) as span:
        yield span


def record(span: Span, feedback: Feedback) -> None:
    """Note on the span of a judgement how it came out."""
    span.set_attribute("spanlake.metadata.judge", feedback.name)
    if feedback.error is not None:
        span.set_status(StatusCode.ERROR, feedback.error.error_message)
    else:
        said = f"{feedback.value}: {feedback.rationale or ''}"
        span.set_attribute("spanlake.output", said)


def combined_provenance(verdicts: Sequence[Feedback]) -> dict[str, str]:
    """Add up what several verdicts took; what one of them does not know is left out."""
    found: dict[str, str] = {}
    models = {each.metadata.get("judge_model") for each in verdicts}
    if len(models) == 1 and None not in models:
        found["judge_model"] = str(models.pop())
    for key in ("judge_input_tokens", "judge_output_tokens"):
        counts = [each.metadata[key] for each in verdicts if key in each.metadata]
        if counts:
            found[key] = str(sum(map(int, counts)))
    costs = [each.metadata.get("judge_cost_usd") for each in verdicts]
    known = [float(cost) for cost in costs if cost is not None]
    if known and len(known) == len(costs):
        found["judge_cost_usd"] = _amount(sum(known))
    if any("injection_suspected" in each.metadata for each in verdicts):
        found["injection_suspected"] = "true"
    return found
