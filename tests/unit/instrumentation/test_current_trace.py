import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from recorded import Recorded

import spanlake
from spanlake.errors import UserError
from spanlake.instrumentation import current_trace, stamps
from spanlake.instrumentation.propagation import SessionPropagator


def test_what_is_said_of_a_trace_is_on_its_spans(recorded: Recorded) -> None:
    """The root, the current span and every later one have it; those that ended before do not."""
    with spanlake.span("root"):
        with spanlake.span("before"):
            pass
        with spanlake.span("saying"):
            spanlake.update_current_trace(
                session_id="s",
                user_id="u",
                tags=["a", "b"],
                metadata={"plan": {"n": 1}},
                client_request_id="r-1",
            )
        with spanlake.span("after"):
            spanlake.update_current_trace(user_id="other", prompt_version=3)
    said = {
        "session.id": "s",
        "user.id": "u",
        "spanlake.tags": ("a", "b"),
        "spanlake.metadata.plan": '{"n":1}',
        "spanlake.metadata.client_request_id": "r-1",
    }
    assert recorded.attributes("before") == {}
    assert recorded.attributes("saying") == said
    later = said | {"user.id": "other", "spanlake.prompt.version": "3"}
    assert recorded.attributes("after") == later
    assert recorded.attributes("root") == later


def test_traces_do_not_mix(recorded: Recorded) -> None:
    """What is said of one trace is not on the next."""
    with spanlake.span("first"):
        spanlake.update_current_trace(session_id="s")
    with spanlake.span("second"):
        pass
    assert recorded.attributes("second") == {}


def test_spans_that_follow_the_root_have_it(recorded: Recorded) -> None:
    """A stream that outlives its request is of the same session."""

    @spanlake.trace
    def stream() -> object:
        yield "a"

    with spanlake.span("request"):
        spanlake.update_current_trace(session_id="s")
        chunks = stream()
    assert list(chunks) == ["a"]  # type: ignore[call-overload]  # a generator
    assert recorded.attributes("stream")["session.id"] == "s"


def test_only_so_many_traces_are_remembered(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory for what was said of traces has a bound."""
    stamps.STAMPS.clear()
    monkeypatch.setattr(stamps, "_REMEMBERED", 3)
    for _ in range(5):
        with spanlake.span("request"):
            spanlake.update_current_trace(session_id="s")
    assert len(recorded.all) == 5
    assert len(stamps.STAMPS) == 3


def test_outside_of_a_trace(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing happens but one warning, however often it is tried."""
    monkeypatch.setattr(current_trace, "_said_outside", False)
    with caplog.at_level(logging.WARNING):
        spanlake.update_current_trace(session_id="s")
        spanlake.update_current_trace(session_id="s")
    assert len(caplog.records) == 1


def test_tags_that_are_a_text() -> None:
    """One text as tags would be a tag a letter."""
    with pytest.raises(UserError, match=r"tags is 'beta'.*\['beta'\]"):
        spanlake.update_current_trace(tags="beta")


def test_a_trace_goes_on_in_another_service(recorded: Recorded) -> None:
    """Headers carry trace, session and user; the service's spans have all three."""
    from opentelemetry.propagate import get_global_textmap

    headers: dict[str, str] = {}
    with spanlake.span("caller"):
        spanlake.update_current_trace(session_id="s-1", user_id="ann")
        SessionPropagator(get_global_textmap()).inject(headers)
    assert headers["traceparent"].split("-")[1] == f"{recorded.one('caller').context.trace_id:032x}"
    assert dict(part.split("=") for part in headers["baggage"].split(",")) == {
        "session.id": "s-1", "user.id": "ann",
    }  # fmt: skip
    stamps.STAMPS.clear()  # as in another process
    with (
        spanlake.continue_trace({key.title(): value for key, value in headers.items()}),
        spanlake.span("callee"),
        spanlake.span("inner"),
    ):
        pass
    assert recorded.parent("callee") == "caller"
    for name in ("callee", "inner"):
        assert recorded.attributes(name) == {"session.id": "s-1", "user.id": "ann"}


def test_headers_of_a_request_are_kept(recorded: Recorded) -> None:
    """A request's own headers stay, and outside of a span nothing is added."""
    assert spanlake.trace_headers({"accept": "json"}) == {"accept": "json"}
    with spanlake.span("caller"):
        assert spanlake.trace_headers({"accept": "json"}).keys() == {"accept", "traceparent"}
    assert len(recorded.all) == 1


def test_no_headers_begin_a_trace(recorded: Recorded) -> None:
    """A request without a trace begins one, whatever the thread was doing."""
    with spanlake.span("other"), spanlake.continue_trace({}), spanlake.span("request"):
        pass
    assert recorded.one("request").parent is None


def test_baggage_of_others_is_left_alone(recorded: Recorded) -> None:
    """Only the session and the user of a caller's baggage become attributes."""
    context = baggage.set_baggage("secret", "x", Context())
    trace.get_tracer("app").start_span("request", context=context).end()
    assert recorded.attributes("request") == {}


def test_threads_of_an_executor(recorded: Recorded) -> None:
    """Functions given to other threads run in the trace they were given from."""

    @spanlake.trace
    def work(number: int) -> int:
        return number * 2

    with ThreadPoolExecutor(4) as pool, spanlake.span("request"):
        assert sum(pool.map(spanlake.in_context(work), range(20))) == 380
    parents = {span.parent.span_id for span in recorded.all if span.parent is not None}
    assert parents == {recorded.one("request").context.span_id}


def test_a_web_framework_that_continues_the_trace_itself(recorded: Recorded) -> None:
    """Spans are below the framework's own span of the request, rather than beside it."""
    with spanlake.span("caller"):
        headers = spanlake.trace_headers()
    with (
        spanlake.continue_trace(headers),
        spanlake.span("framework"),
        spanlake.continue_trace(headers),
        spanlake.span("handler"),
    ):
        pass
    assert recorded.parent("framework") == "caller"
    assert recorded.parent("handler") == "framework"
