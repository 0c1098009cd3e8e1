import httpx2
import pytest

from spanlake.testing import ModelServer

USER = {"role": "user", "content": "hi"}
TURN = {"role": "user", "content": [{"type": "text", "text": "hi"}]}
OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"messages": [USER]}, "model"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": [USER], "temperature": 3}, "temperature"),
        ({"model": "m", "messages": [USER], "tokens": 3}, "tokens"),
        (
            {"model": "m", "messages": [{"role": "tool", "content": "", "tool_call_id": "x"}]},
            "messages",
        ),
        (
            {
                "model": "m",
                "messages": [USER],
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "a", "schema": OPEN, "strict": True},
                },
            },
            "response_format",
        ),
    ],
)
def test_a_wrong_chat_completion_is_refused_as_openai_does(
    body: dict[str, object], parameter: str
) -> None:
    """The double answers 400 and names the parameter, so that adapters are held to the protocol."""
    with ModelServer() as server:
        answer = httpx2.post(f"{server.openai_url}/chat/completions", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith(parameter)


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"model": "m", "messages": [TURN]}, "max_tokens"),
        ({"model": "m", "max_tokens": 1, "messages": [TURN, TURN]}, "messages"),
        ({"model": "m", "max_tokens": 1, "messages": [TURN], "temperature": 1.5}, "temperature"),
        (
            {
                "model": "m",
                "max_tokens": 1,
                "messages": [
                    TURN,
                    {
                        "role": "assistant",
                        "content": [{"type": "tool_use", "id": "a", "name": "b", "input": {}}],
                    },
                ],
            },
            "tools",
        ),
        (
            {
                "model": "m",
                "max_tokens": 1,
                "messages": [TURN],
                "output_config": {"format": {"type": "json_schema", "schema": OPEN}},
            },
            "output_config",
        ),
    ],
)
def test_a_wrong_message_is_refused_as_anthropic_does(
    body: dict[str, object], parameter: str
) -> None:
    """The double answers 400 and names the parameter, so that adapters are held to the protocol."""
    with ModelServer() as server:
        answer = httpx2.post(
            f"{server.url}/v1/messages", json=body, headers={"anthropic-version": "2023-06-01"}
        )
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith(parameter)


def test_other_paths_are_not_found() -> None:
    """A wrong base URL is a 404, as at a real provider."""
    with ModelServer() as server:
        assert httpx2.post(f"{server.url}/chat", json={}).status_code == 404
        assert httpx2.post(f"{server.url}/v1/messages", json={}).status_code == 404
