from typing import Any

import pytest

import spanlake
from spanlake.errors import UserError


@pytest.mark.parametrize(
    ("arguments", "mistake"),
    [
        ({"instrument": "openai"}, r"instrument is 'openai'.*write instrument=\['openai'\]"),
        ({"exclude": "openai"}, r"exclude is 'openai'.*write exclude=\['openai'\]"),
        ({"max_content_chars": 0}, "max_content_chars is 0: must be 100 or more"),
        ({"endpoint": "ftp://x"}, "endpoint is 'ftp://x': must be a URL"),
        ({"endpoint": "localhost:4318", "protocol": "http/json"}, "protocol is 'http/json'"),
        ({"endpoint": "http://localhost:port"}, "endpoint is 'http://localhost:port'"),
    ],
)
def test_arguments_that_cannot_be_right(arguments: dict[str, Any], mistake: str) -> None:
    """A mistake is told with its argument before anything is set up."""
    with pytest.raises(UserError, match=mistake):
        spanlake.init(**arguments)
    assert "spanlake.init has not been called" in spanlake.flush().reasons


def test_names_of_the_package() -> None:
    """Names of the package are listed before they are loaded, and another one is refused."""
    assert set(spanlake.__all__) <= set(dir(spanlake))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = spanlake.nonsense
