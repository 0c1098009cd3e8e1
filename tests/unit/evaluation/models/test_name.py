import pytest

from spanlake.errors import UserError
from spanlake.evaluation.models.name import ModelName


@pytest.mark.parametrize(
    ("typed", "provider", "model"),
    [
        ("openai:/gpt-4.1-mini", "openai", "gpt-4.1-mini"),
        ("anthropic:/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
        ("gpt-4.1-mini", "openai", "gpt-4.1-mini"),
        ("claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
        ("gemini-2.5-flash", "gemini", "gemini-2.5-flash"),
        ("ollama:/llama3:8b", "ollama", "llama3:8b"),
        ("openrouter:/meta/llama-3", "openrouter", "meta/llama-3"),
        ("http://localhost:8000/v1#Qwen/Qwen3-8B", "http", "Qwen/Qwen3-8B"),
    ],
)
def test_a_name_says_who_serves_which_model(typed: str, provider: str, model: str) -> None:
    """A model is named with its provider, by a well-known prefix, or with a base URL."""
    name = ModelName.parse(typed)
    assert (name.provider.name, name.model) == (provider, model)
    assert ModelName.parse(str(name)) == name


def test_a_base_url_beside_a_name_is_where_the_model_is() -> None:
    """With a base URL any model name will do, and no provider's key belongs to it."""
    name = ModelName.parse("my-model", "https://models.example/v1/")
    assert str(name) == "https://models.example/v1#my-model"
    assert name.provider.key == "SPANLAKE_MODEL_API_KEY"
    assert ModelName.parse("openai:/gpt-4o", "http://h/v1").provider.key != "OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("my-model", "PROVIDER:/MODEL"),
        ("nobody:/x", "no provider 'nobody' is known"),
        ("openai:/", "PROVIDER:/MODEL"),
        ("openai:/ gpt-4o", "PROVIDER:/MODEL"),
        ("http://localhost:8000/v1", "#MODEL"),
        ("http://user:pass@host/v1#m", "without a user"),
        ("https:///v1#m", "http(s)://HOST"),
    ],
)
def test_a_name_that_is_none_says_what_one_looks_like(typed: str, said: str) -> None:
    """A mistake in a model's name is told with what was typed and the forms there are."""
    with pytest.raises(UserError) as caught:
        ModelName.parse(typed)
    assert typed in str(caught.value)
    assert said in str(caught.value)
