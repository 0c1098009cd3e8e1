"""Contexts across processes, in HTTP headers, and across threads and executors."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from functools import wraps
from typing import ParamSpec, TypeVar

from opentelemetry import propagate
from opentelemetry.context import Context, attach, detach
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)
from opentelemetry.trace import get_current_span, set_span_in_context

from spanlake.instrumentation.stamps import STAMPS, with_baggage

P = ParamSpec("P")
R = TypeVar("R")


class SessionPropagator(TextMapPropagator):
    """The app's own propagators, with the session and the user of the trace as baggage."""

    def __init__(self, inner: TextMapPropagator) -> None:
        self._inner = inner

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """Write the context into a carrier."""
        self._inner.inject(carrier, with_baggage(context, STAMPS), setter)

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        """Read a context from a carrier."""
        return self._inner.extract(carrier, context, getter)

    @property
    def fields(self) -> set[str]:
        """The headers that may be written."""
        return self._inner.fields


def trace_headers(headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the headers of a request to a child service, or of a message in a queue.

    They are W3C's traceparent, tracestate and baggage, the latter with the session and the user,
    beside those given. Outside of any span they are those given.
    """
    carrier = dict(headers or {})
    propagate.inject(carrier)
    return carrier


@contextmanager
def continue_trace(headers: Mapping[str, str]) -> Iterator[None]:
    """Let the spans within continue the trace that a request's headers name, whatever their case.

    Where the web framework has a span of that trace already, they are its children. Without such
    headers they begin a trace of their own.
    """
    carrier = {key.lower(): value for key, value in headers.items()}
    # From an empty context, so that a thread's own span never becomes the parent by accident.
    context = propagate.extract(carrier, Context())
    current, caller = get_current_span(), get_current_span(context)
    if current.get_span_context().trace_id == caller.get_span_context().trace_id:
        context = set_span_in_context(current, context)
    token = attach(context)
    try:
        yield
    finally:
        detach(token)


def in_context(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function so that other threads run it in the context it is wrapped in.

    pool.submit(spanlake.in_context(search), question)
    pool.map(spanlake.in_context(search), questions)
    """
    context = copy_context()

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        # A copy each, as two threads cannot be in one context at once.
        return context.copy().run(function, *args, **kwargs)

    return run
