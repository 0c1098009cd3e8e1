import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import pytest
from opentelemetry.trace import StatusCode
from recorded import Recorded

import spanlake
from spanlake.errors import UserError


class Agent:
    """An app's class, with every kind of method."""

    @spanlake.trace(span_type="AGENT")
    def answer(self, question: str) -> str:
        return f"answer to {question}"

    @spanlake.trace
    @classmethod
    def make(cls, name: str) -> str:
        return f"{cls.__name__} {name}"

    @staticmethod
    @spanlake.trace
    def clean(text: str) -> str:
        return text.strip()

    @spanlake.trace
    async def think(self, about: str) -> str:
        await asyncio.sleep(0)
        return about


def test_a_function_is_a_span_with_what_went_in_and_came_out(recorded: Recorded) -> None:
    """Arguments are recorded by name, and the result beside them."""

    @spanlake.trace
    def add(first: int, second: int = 2, *rest: int, **named: int) -> int:
        return first + second + sum(rest) + sum(named.values())

    assert add(1, 2, 3, 4, five=5) == 15
    attributes = recorded.attributes("add")
    assert json.loads(str(attributes["spanlake.input"])) == {
        "first": 1, "second": 2, "rest": [3, 4], "five": 5,
    }  # fmt: skip
    assert attributes["spanlake.output"] == "15"


def test_nested_calls_are_children(recorded: Recorded) -> None:
    """A decorated function called by another is its child, in the same trace."""

    @spanlake.trace(span_type="tool", name="lookup")
    def inner() -> None:
        return None

    @spanlake.trace(span_type="AGENT", attributes={"team": "support", "limits": {"k": 3}})
    def outer() -> str | None:
        inner()
        return spanlake.get_current_trace_id()

    trace_id = outer()
    assert recorded.parent("lookup") == "outer"
    assert {f"{span.context.trace_id:032x}" for span in recorded.all} == {trace_id}
    assert recorded.attributes("lookup")["gen_ai.operation.name"] == "execute_tool"
    assert recorded.attributes("lookup")["gen_ai.tool.name"] == "lookup"
    assert recorded.attributes("outer")["limits"] == '{"k":3}'
    assert spanlake.get_current_trace_id() is None


def test_methods_of_classes(recorded: Recorded) -> None:
    """Methods of all kinds are traced, without the object or the class they belong to."""
    assert Agent().answer("why") == "answer to why"
    assert Agent.make("x") == "Agent x"
    assert Agent.clean(" x ") == "x"
    assert asyncio.run(Agent().think("it")) == "it"
    inputs = {span.name: (span.attributes or {})["spanlake.input"] for span in recorded.all}
    assert inputs == {
        "Agent.answer": '{"question":"why"}',
        "Agent.make": '{"name":"x"}',
        "Agent.clean": '{"text":" x "}',
        "Agent.think": '{"about":"it"}',
    }


def test_functions_stay_what_they_are() -> None:
    """Names, signatures and being a coroutine function survive, as web frameworks need them."""

    @spanlake.trace
    async def handler(request_id: int) -> str:
        """Handle."""
        return str(request_id)

    @spanlake.trace
    def plain(x: int) -> int:
        return x

    assert inspect.iscoroutinefunction(handler)
    assert not inspect.iscoroutinefunction(plain)
    assert (handler.__name__, handler.__doc__) == ("handler", "Handle.")
    assert list(inspect.signature(handler).parameters) == ["request_id"]


def test_an_exception_is_recorded_and_goes_on(recorded: Recorded) -> None:
    """What a function raises is an event and the status of its span, and reaches the caller."""

    @spanlake.trace
    def fails() -> None:
        raise KeyError("order 17")

    with pytest.raises(KeyError, match="order 17"):
        fails()
    span = recorded.one("fails")
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "KeyError"
    (event,) = span.events
    assert event.name == "exception"


def test_an_exception_that_cannot_be_printed(recorded: Recorded) -> None:
    """The caller gets the app's exception, and not one of its printing."""

    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    @spanlake.trace
    def fails() -> None:
        raise UnprintableError

    with pytest.raises(UnprintableError):
        fails()
    status = recorded.one("fails").status
    assert (status.status_code, str(status.description).rpartition(".")[2]) == (
        StatusCode.ERROR, "UnprintableError",
    )  # fmt: skip


@pytest.mark.parametrize("span_type", ["ROBOT", ""])
def test_a_type_that_there_is_not(span_type: str) -> None:
    """A mistyped type is the user's mistake, and the types there are are named."""
    with pytest.raises(UserError, match=f"span_type is {span_type!r}.*RETRIEVER"):
        spanlake.trace(span_type=span_type)(len)


def test_what_is_no_function() -> None:
    """A class, or a text in place of name=, is refused with the way to do it."""
    for what in (Agent, "name"):
        with pytest.raises(UserError, match="takes a function"):
            spanlake.trace(what)  # type: ignore[arg-type]  # the mistake


def test_content_can_be_left_out(recorded: Recorded) -> None:
    """Arguments and results are not recorded where the decorator says so."""

    @spanlake.trace(capture_inputs=False, capture_outputs=False)
    def login(password: str) -> str:
        return password

    login("hunter2")
    assert recorded.attributes("login") == {}


def test_a_generator_is_one_span_with_its_chunks_joined(recorded: Recorded) -> None:
    """Texts are joined, the time to the first one is kept, and return and send work as before."""

    @spanlake.trace(span_type="CHAIN")
    def stream(prompt: str) -> Generator[str, str, str]:
        got = yield prompt
        yield got or "nothing"
        return "end"

    steps: Any = stream("a")
    assert not recorded.all
    assert (next(steps), steps.send("b")) == ("a", "b")
    with pytest.raises(StopIteration) as ended:
        next(steps)
    assert ended.value.value == "end"
    attributes = recorded.attributes("stream")
    assert attributes["spanlake.output"] == "ab"
    assert attributes["spanlake.input"] == '{"prompt":"a"}'
    assert isinstance(attributes["gen_ai.response.time_to_first_chunk"], float)


def test_an_async_generator_likewise(recorded: Recorded) -> None:
    """An asynchronous generator's inner spans are its children, also those open across chunks."""

    @spanlake.trace(span_type="LLM")
    async def stream(prompt: str) -> AsyncIterator[str]:
        with spanlake.span("connection"):
            for word in ("Hello", ", ", prompt):
                await asyncio.sleep(0)
                yield word

    @spanlake.trace
    async def handler() -> str:
        return "".join([word async for word in stream("you")])

    assert asyncio.run(handler()) == "Hello, you"
    assert recorded.parent("connection") == "stream"
    assert recorded.parent("stream") == "handler"
    said = json.loads(str(recorded.attributes("stream")["gen_ai.output.messages"]))
    assert said == [{"role": "assistant", "parts": [{"type": "text", "content": "Hello, you"}]}]


def test_a_stream_whose_steps_run_in_other_contexts(recorded: Recorded) -> None:
    """Each step of a generator may be run by another thread, as web servers do."""
    from concurrent.futures import ThreadPoolExecutor

    @spanlake.trace
    def stream() -> Iterator[int]:
        for number in range(3):
            with spanlake.span(f"step {number}"):
                yield number

    @spanlake.trace
    def handler() -> Iterator[int]:
        return stream()

    steps = handler()
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(next, steps).result()
    with pytest.raises(StopIteration):
        next(steps)
    assert {recorded.parent(f"step {n}") for n in range(3)} == {"stream"}
    assert recorded.parent("stream") == "handler"


def test_a_reducer_that_fails(recorded: Recorded, caplog: pytest.LogCaptureFixture) -> None:
    """The stream is the app's, whatever becomes of its recording."""

    def reduce(chunks: list[Any]) -> object:
        return chunks[99]

    @spanlake.trace(output_reducer=reduce)
    def stream() -> Iterator[str]:
        yield "a"

    assert list(stream()) == ["a"]
    assert "spanlake.output" not in recorded.attributes("stream")
    assert "an output_reducer failed" in caplog.text


@pytest.mark.parametrize("leave", ["close", "throw"])
def test_a_stream_that_is_left_early(recorded: Recorded, leave: str) -> None:
    """What was given so far is recorded; leaving is no error, an exception thrown in is one."""

    @spanlake.trace
    def stream() -> Iterator[str]:
        yield "a"
        yield "b"

    steps: Any = stream()
    next(steps)
    if leave == "close":
        steps.close()
    else:
        with pytest.raises(ValueError, match="stop"):
            steps.throw(ValueError("stop"))
    span = recorded.one("stream")
    assert (span.attributes or {})["spanlake.output"] == "a"
    assert span.status.is_ok is (leave == "close")


def test_a_cancelled_stream(recorded: Recorded) -> None:
    """A task cancelled while it waits in a stream sees its cancellation, and the span ends."""

    @spanlake.trace
    async def stream() -> AsyncIterator[str]:
        yield "a"
        await asyncio.sleep(60)

    async def main() -> None:
        async with asyncio.timeout(0.01):
            async for _ in stream():
                pass

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert (recorded.one("stream").attributes or {})["error.type"] == "CancelledError"


@pytest.mark.parametrize(
    ("chunks", "reducer", "output"),
    [
        ([], None, None),
        ([b"a", b"b"], None, "ab"),
        ([{"n": 1}, {"n": 2}], None, '[{"n":1},{"n":2}]'),
        (
            [
                {"choices": [{"delta": {"content": "Hel"}}]},
                {"choices": [{"delta": {"content": "lo"}}]},
                {"choices": [], "usage": {"total_tokens": 3}},
            ],
            None,
            "Hello",
        ),
        ([{"type": "message_start"}, {"delta": {"text": "x"}}], None, None),
        ([1, 2, 3], sum, "6"),
        (["x"] * 20_000, len, "20000"),
    ],
)
def test_what_chunks_come_to(
    recorded: Recorded,
    chunks: list[object],
    reducer: Callable[[list[Any]], object] | None,
    output: str | None,
) -> None:
    """Texts and the deltas of model APIs are joined, others listed, or reduced as the app says."""

    @spanlake.trace(output_reducer=reducer)
    def stream() -> Iterator[object]:
        yield from chunks

    assert list(stream()) == chunks
    said = recorded.attributes("stream").get("spanlake.output")
    if output is None and chunks:
        output = '[{"type":"message_start"},{"delta":{"text":"x"}}]'
    assert said == output
