"""`@spanlake.trace`: a function, method or generator as a step of its trace."""

import inspect
from collections.abc import Callable, Mapping
from contextvars import copy_context
from functools import partial, update_wrapper
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast, overload

from opentelemetry.context import attach, detach
from opentelemetry.trace import Link, set_span_in_context
from opentelemetry.util.types import AttributeValue

from spanlake.errors import UserError
from spanlake.instrumentation.folding import Fold, Reducer
from spanlake.instrumentation.live_span import LiveSpan, first_attributes, start
from spanlake.instrumentation.span_types import SpanType, span_type_of
from spanlake.instrumentation.streams import Stream, drive, drive_async

P = ParamSpec("P")
R = TypeVar("R")
_RECEIVERS = ("self", "cls")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class _Step(NamedTuple):
    """What is known of a step before it is called.

    parameters: the names of those that positional arguments go to. rest: the name of the one that
    takes the others.
    """

    name: str
    kind: SpanType
    attributes: dict[str, AttributeValue]
    links: list[Link] | None
    reduce: Reducer | None
    records_inputs: bool
    records_outputs: bool
    parameters: tuple[str, ...]
    rest: str

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> LiveSpan:
        """Start the span of a call."""
        inputs = partial(self.inputs, args, kwargs) if self.records_inputs else None
        return start(self.name, self.kind, self.attributes, inputs, self.links)

    def inputs(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name, without the object or class it is a method of."""
        named = dict(zip(self.parameters, args, strict=False))
        if len(args) > len(self.parameters):
            named[self.rest] = args[len(self.parameters) :]
        if self.parameters and self.parameters[0] in _RECEIVERS:
            named.pop(self.parameters[0], None)
        return named | kwargs if kwargs else named

    def fold(self) -> Fold | None:
        """What collects the chunks of a stream."""
        return Fold(self.reduce) if self.records_outputs else None


@overload
def trace(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def trace(  # keywords, all of them optional
    function: None = None,
    /,
    *,
    name: str | None = None,
    span_type: str | None = None,
    attributes: Mapping[str, object] | None = None,
    output_reducer: Reducer | None = None,
    links: list[Link] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def trace(  # noqa: PLR0913  # keywords, all of them optional
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    span_type: str | None = None,
    attributes: Mapping[str, object] | None = None,
    output_reducer: Reducer | None = None,
    links: list[Link] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Any:  # the overloads say it
    """Trace every call of a function, as `@spanlake.trace` or `@spanlake.trace(span_type="TOOL")`.

    Functions, methods, coroutines and generators of both kinds stay what they are. A generator's
    chunks are joined where they are texts, and listed else; its time to the first one is kept.

    name: of the span; the function's by default. span_type: TOOL, RETRIEVER, AGENT, LLM, …; any
    case. output_reducer: makes one output of a list of all chunks. capture_inputs,
    capture_outputs: whether arguments and results are recorded. Raises UserError for a type there
    is not, and for what is no function.
    """

    def decorate(traced: Callable[..., Any]) -> Callable[..., Any]:
        if isinstance(traced, (staticmethod, classmethod)):
            return cast("Callable[..., Any]", type(traced)(decorate(traced.__func__)))
        if inspect.isclass(traced) or not callable(traced):
            raise UserError(
                f"spanlake.trace was given {traced!r}: it takes a function or method; "
                "decorate a class's methods one by one"
            )
        kind = span_type_of(span_type)
        step_name = name or _name_of(traced)
        parameters, rest = _parameters(traced)
        step = _Step(
            step_name, kind, first_attributes(kind, step_name, attributes), links,
            output_reducer, capture_inputs, capture_outputs, parameters, rest,
        )  # fmt: skip
        return _wrapped(traced, step)

    return decorate if function is None else decorate(function)


def _name_of(function: Callable[..., Any]) -> str:
    """`answer`, or `Agent.answer` for a method."""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name).rpartition("<locals>.")[2]


def _parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], str]:
    try:
        known = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C
        return (), "args"
    names = tuple(each.name for each in known if each.kind in _POSITIONAL)
    rest = [each.name for each in known if each.kind is inspect.Parameter.VAR_POSITIONAL]
    return names, rest[0] if rest else "args"


def _wrapped(function: Callable[..., Any], step: _Step) -> Callable[..., Any]:
    called = function if inspect.isroutine(function) else getattr(function, "__call__", function)  # noqa: B004  # what is asked is whether calling it gives a coroutine
    if inspect.isasyncgenfunction(function) or inspect.isasyncgenfunction(called):
        wrapper = _stream(function, step, drive_async)
    elif inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(called):
        wrapper = _stream(function, step, drive)
    elif inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called):
        wrapper = _coroutine(function, step)
    else:
        wrapper = _function(function, step)
    return update_wrapper(wrapper, function)


def _function(function: Callable[..., Any], step: _Step) -> Callable[..., Any]:
    def traced(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # as the function has them
        live = step.begin(args, kwargs)
        token = attach(set_span_in_context(live.otel))
        try:
            result = function(*args, **kwargs)
            if step.records_outputs:
                live.set_outputs(result)
        except BaseException as error:
            live.record_exception(error)
            raise
        else:
            return result
        finally:
            detach(token)
            live.otel.end()

    return traced


def _coroutine(function: Callable[..., Any], step: _Step) -> Callable[..., Any]:
    async def traced(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # the same
        live = step.begin(args, kwargs)
        token = attach(set_span_in_context(live.otel))
        try:
            result = await function(*args, **kwargs)
            if step.records_outputs:
                live.set_outputs(result)
        except BaseException as error:
            live.record_exception(error)
            raise
        else:
            return result
        finally:
            detach(token)
            live.otel.end()

    return traced


def _stream(
    function: Callable[..., Any], step: _Step, drive: Callable[[Any, Callable[[], Stream]], Any]
) -> Callable[..., Any]:
    def traced(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # the same
        # The parent is who calls, but nothing begins before somebody asks for the first chunk.
        context = copy_context()
        return drive(
            function(*args, **kwargs),
            lambda: Stream(context, lambda: step.begin(args, kwargs), step.fold()),
        )

    return traced
