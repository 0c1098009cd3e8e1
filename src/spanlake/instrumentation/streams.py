"""Steps that are generators: a span from the first chunk asked for to the last one given.

A generator's steps may each be run by another thread or task, as web servers do. So all of them run
in one context of the generator's own, made where it was called: there its span is current, and
there its own spans can be open across chunks.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextvars import Context
from typing import Any, Generic, ParamSpec, TypeVar

from opentelemetry.context import attach
from opentelemetry.trace import Span, set_span_in_context

from spanlake.instrumentation.folding import Fold
from spanlake.instrumentation.live_span import LiveSpan

FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"

P = ParamSpec("P")
R = TypeVar("R")


class Stream:
    """The span of a generator, and the context that its steps run in.

    context: the generator's own, and none that is entered elsewhere. begin: starts the span. fold:
    collects the chunks, if they are to be recorded.
    """

    def __init__(self, context: Context, begin: Callable[[], LiveSpan], fold: Fold | None) -> None:
        self._context = context
        self._fold = fold
        self._is_first = True
        self._began = time.perf_counter()
        self._live = self.run(begin)
        self.run(_make_current, self._live.otel)

    def run(self, step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something in the generator's context."""
        return self._context.run(step, *args, **kwargs)

    def awaited(self, awaitable: Awaitable[R]) -> "_Within[R]":
        """Await something in the generator's context."""
        return _Within(self._context, awaitable)

    def take(self, chunk: object) -> None:
        """See a chunk pass."""
        if self._is_first:
            self._is_first = False
            self._live.set_attribute(FIRST_CHUNK, time.perf_counter() - self._began)
        if self._fold is not None:
            self._fold.add(chunk)

    def end(self, error: BaseException | None = None) -> None:
        """End the span: with an error, or well; also when nobody wanted the rest."""
        if self._fold is not None:
            self._live.set_outputs(self._fold.result())
        if error is not None:
            self._live.record_exception(error)
        self._live.otel.end()


def _make_current(span: Span) -> None:
    """Never undone: the context ends with its generator."""
    attach(set_span_in_context(span))


class _Within(Generic[R]):
    """An awaitable each step of which runs in a context."""

    def __init__(self, context: Context, awaitable: Awaitable[R]) -> None:
        self._context = context
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, Any, R]:
        steps: Any = self._awaitable.__await__()
        step, value = steps.send, None
        while True:
            try:
                waits_for = self._context.run(step, value)
            except StopIteration as end:
                result: R = end.value
                return result
            try:
                step, value = steps.send, (yield waits_for)
            except BaseException as error:  # noqa: BLE001  # a cancellation goes in as it came
                step, value = steps.throw, error


def drive(
    generator: Generator[Any, Any, Any], open_stream: Callable[[], Stream]
) -> Generator[Any, Any, Any]:
    """Hand on what a generator yields, and to it what it is sent."""
    stream = open_stream()
    step: Any = generator.send
    value: Any = None
    try:
        while True:
            chunk = stream.run(step, value)
            stream.take(chunk)
            try:
                step, value = generator.send, (yield chunk)
            except GeneratorExit:
                stream.run(generator.close)
                raise
            except BaseException as error:  # noqa: BLE001  # whatever was thrown goes in
                step, value = generator.throw, error
    except StopIteration as end:
        stream.end()
        return end.value
    except GeneratorExit:
        stream.end()
        raise
    except BaseException as error:
        stream.end(error)
        raise


async def drive_async(
    generator: AsyncGenerator[Any, Any], open_stream: Callable[[], Stream]
) -> AsyncGenerator[Any, Any]:
    """The same for an asynchronous generator."""
    stream = open_stream()
    step: Any = generator.asend
    value: Any = None
    try:
        while True:
            chunk = await stream.awaited(step(value))
            stream.take(chunk)
            try:
                step, value = generator.asend, (yield chunk)
            except GeneratorExit:
                await stream.awaited(generator.aclose())
                raise
            except BaseException as error:  # noqa: BLE001  # the same
                step, value = generator.athrow, error
    except StopAsyncIteration:
        stream.end()
    except GeneratorExit:
        stream.end()
        raise
    except BaseException as error:
        stream.end(error)
        raise
