import pytest
from asking import PROTOCOLS, QUICK, complete, model_of, request, with_port

from spanlake.errors import UserError
from spanlake.evaluation.models.errors import (
    AccessDeniedError,
    MalformedReplyError,
    ModelError,
    ModelTimeoutError,
    QuotaExhaustedError,
    RejectedRequestError,
    ReplyTooLargeError,
    UnavailableError,
    UnknownModelError,
)
from spanlake.evaluation.models.message import (
    ChatMessage,
    ChatRequest,
    ResponseSchema,
    Role,
    ToolDefinition,
)
from spanlake.evaluation.models.port import ModelPort
from spanlake.evaluation.models.transport import MAX_REPLY_BYTES
from spanlake.testing import (
    Answer,
    Breakage,
    Fault,
    FinishReason,
    ModelServer,
    ToolCall,
    Usage,
)

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"type": "string"}},
    "required": ["verdict"],
    "additionalProperties": False,
}
TOOL = ToolDefinition("look", "Look something up.", {"type": "object", "properties": {}})
CALL = ToolCall("call_1", "look", '{"at":"ä"}')
USED = Usage(
    input_tokens=120,
    output_tokens=30,
    cache_read_tokens=100,
    cache_write_tokens=None,
    reasoning_tokens=None,
)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_whole_conversation_goes_over_the_wire(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """System words, tools, tool calls, their answers and the schema arrive as they were meant."""
    asked = ChatRequest(
        messages=(
            ChatMessage(Role.SYSTEM, "Be brief."),
            ChatMessage(Role.USER, "Where is ω?"),
            ChatMessage(Role.ASSISTANT, "I look.", (CALL,)),
            ChatMessage(Role.TOOL, "at 7", tool_call_id="call_1"),
        ),
        tools=(TOOL,),
        response_schema=ResponseSchema("verdict", SCHEMA),
        max_tokens=77,
    )
    with ModelServer("at 7") as server:
        reply = complete(ModelPort(), model_of(server, protocol, monkeypatch), asked)
        (served,) = server.served
    assert reply.text == "at 7"
    assert reply.finish_reason is FinishReason.STOP
    assert served.request.messages == asked.messages
    assert served.request.tools == asked.tools
    assert served.request.response_schema is not None
    assert served.request.response_schema.schema == SCHEMA
    assert (served.request.temperature, served.request.max_tokens) == (0.0, 77)
    assert served.key == f"secret-{protocol[0]}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_reply_brings_calls_tokens_and_its_price(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tool calls, usage with cached tokens, and the cost by the price book come with a reply."""
    answer = Answer("let me see", (CALL,), usage=USED)
    with ModelServer(answer) as server:
        reply = complete(
            ModelPort(), model_of(server, protocol, monkeypatch), request(tools=(TOOL,))
        )
    assert reply.tool_calls == (CALL,)
    assert reply.finish_reason is FinishReason.TOOL_CALL
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (120, 30)
    assert reply.usage.cache_read_tokens == 100
    assert reply.response_id == "double-1"
    # USD for a million tokens: uncached input, cached input, output.
    rates = {"openai": (0.15, 0.075, 0.6), "anthropic": (3.0, 0.3, 15.0)}[protocol]
    paid = (20 * rates[0] + 100 * rates[1] + 30 * rates[2]) / 1e6
    assert reply.cost_usd == pytest.approx(paid)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.CONTENT_FILTER])
def test_why_a_model_stopped_is_told(
    protocol: str, reason: FinishReason, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that was cut off, and a refusal, are known by their finish reason."""
    with ModelServer(Answer("no", finish_reason=reason)) as server:
        reply = complete(ModelPort(), model_of(server, protocol, monkeypatch), request())
    assert reply.finish_reason is reason


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("fault", "error", "calls"),
    [
        (Fault(401, "bad key"), AccessDeniedError, 1),
        (Fault(403, "not yours"), AccessDeniedError, 1),
        (Fault(404, "no such model"), UnknownModelError, 1),
        (Fault(400, "context is too long"), RejectedRequestError, 1),
        (Fault(429, "You exceeded it", code="insufficient_quota"), QuotaExhaustedError, 1),
        (Fault(402, "pay"), QuotaExhaustedError, 1),
        (Fault(500, "oops"), UnavailableError, 3),
        (Fault(503, "oops", retry_after=0.01), UnavailableError, 3),
        (Fault(breakage=Breakage.CLOSED), UnavailableError, 3),
        (Fault(breakage=Breakage.CUT_OFF), UnavailableError, 3),
        (Fault(breakage=Breakage.NO_JSON), MalformedReplyError, 3),
        (Fault(breakage=Breakage.FLOOD), ReplyTooLargeError, 1),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, Fault) else None,
)
def test_what_goes_wrong_is_told_apart(
    protocol: str,
    fault: Fault,
    error: type[ModelError],
    calls: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each failure has its error, and only what may pass by itself is tried again."""
    with ModelServer(fault) as server:
        with pytest.raises(error) as caught:
            complete(ModelPort(retry=QUICK), model_of(server, protocol, monkeypatch), request())
        assert len(server.requests) == calls
    assert protocol in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_model_that_hangs_is_given_up(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a whole reply within the timeout there is an error that names the timeout."""
    with ModelServer(Answer("late", delay=5.0)) as server:
        port = ModelPort(retry=QUICK, timeout=0.5)
        with pytest.raises(ModelTimeoutError, match=r"0\.5 s"):
            complete(port, model_of(server, protocol, monkeypatch), request())
        assert len(server.requests) == 3


def test_a_server_that_is_not_there_is_named() -> None:
    """A connection that is refused says which model and which URL."""
    with ModelServer() as server:
        model = server.model("m")
    with pytest.raises(UnavailableError) as caught:
        complete(ModelPort(retry=QUICK), model, request())
    assert server.openai_url in str(caught.value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_parameter_that_a_model_refuses_is_left_out_from_then_on(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reasoning model that takes no temperature is asked without one, and not again with it."""

    def script(asked: ChatRequest) -> str | Fault:
        if asked.temperature is not None:
            return Fault(400, "`temperature` is not supported with this model")
        if asked.response_schema is not None:
            names = {"openai": "response_format", "anthropic": "output_config.format"}
            return Fault(400, "Extra inputs are not permitted", parameter=names[protocol])
        return "fine"

    asked = request(response_schema=ResponseSchema("verdict", SCHEMA))
    with ModelServer(script) as server:
        name = model_of(server, protocol, monkeypatch)

        async def twice(port: ModelPort) -> list[str]:
            model = port.model(name)
            return [(await model.complete(asked)).text, (await model.complete(asked)).text]

        assert with_port(ModelPort(), twice) == ["fine", "fine"]
        assert len(server.requests) == 4


def test_an_older_server_is_asked_by_the_older_name_of_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever does not know max_completion_tokens is told max_tokens."""
    faults = iter([Fault(400, "unknown", parameter="max_completion_tokens")])
    with ModelServer(lambda _: next(faults, "fine")) as server:
        reply = complete(ModelPort(), model_of(server, "openai", monkeypatch), request())
    assert reply.text == "fine"


def test_no_provider_gets_the_key_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A base URL of the user's gets no provider's key, only the one that is set for it."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret-o")
    with ModelServer("fine") as server:
        complete(ModelPort(), server.model("gpt-4o"), request())
        monkeypatch.setenv("SPANLAKE_MODEL_API_KEY", "mine")
        complete(ModelPort(), server.model("gpt-4o"), request())
        assert [served.key for served in server.served] == [None, "mine"]


@pytest.mark.parametrize(
    ("model", "variable"),
    [("openai:/gpt-4o", "OPENAI_API_KEY"), ("azure:/x", "AZURE_OPENAI_API_KEY")],
)
def test_a_missing_key_is_told_before_anything_is_sent(
    model: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its key a provider is not asked, and the error names the variable to set."""
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(UserError, match=variable):
        complete(ModelPort(), model, request())


def test_a_provider_without_a_known_url_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure has an address of each customer's own, and the error says where to put it."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.delenv("AZURE_OPENAI_BASE_URL", raising=False)
    with pytest.raises(UserError, match="AZURE_OPENAI_BASE_URL"):
        complete(ModelPort(), "azure:/x", request())


def test_the_largest_reply_is_bounded() -> None:
    """What a hostile server can make us hold is a few mebibytes."""
    assert MAX_REPLY_BYTES <= 16 << 20


def test_a_key_that_is_corrected_is_used_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is asked for each model anew, so that a program need not start again."""
    with ModelServer("fine") as server:
        name = model_of(server, "openai", monkeypatch)

        async def ask(port: ModelPort) -> None:
            for key in ("wrong", "right"):
                monkeypatch.setenv("OPENAI_API_KEY", key)
                await port.model(name).complete(request())

        with_port(ModelPort(), ask)
        assert [served.key for served in server.served] == ["wrong", "right"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_any_text_can_be_sent(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control characters, and halves of characters that no JSON can carry, break no request."""
    with ModelServer("fine") as server:
        asked = request("a\x00b \ud800 \U0001f600")
        complete(ModelPort(), model_of(server, protocol, monkeypatch), asked)
        (served,) = server.requests
    assert served.messages[0].text == "a\x00b ? \U0001f600"


def test_an_error_that_comes_as_a_success_is_told() -> None:
    """Routers that answer 200 with an error in the body are quoted."""
    fault = Fault(200, "upstream is away")
    with ModelServer(fault) as server, pytest.raises(MalformedReplyError, match="upstream is away"):
        complete(ModelPort(retry=QUICK), server.model("m"), request())
