"""What a JSON value says, as a person reads it."""

import pytest

from spanlake.web.pages.said import in_a_line, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ""),
        ('"Yes."', "Yes."),
        ('{"question": "Where?"}', "Where?"),
        ('{"question": "Where?", "context": "orders"}', "question: Where?\ncontext: orders"),
        ('{"messages": [{"role": "system"}, {"role": "user", "content": "Hi"}]}', "Hi"),
        ('{"turns": ["a", "b"]}', '[\n  "a",\n  "b"\n]'),
        ("no JSON {", "no JSON {"),
        ("42", "42"),
        ("{}", "{}"),
    ],
)
def test_words(text: str | None, words: str) -> None:
    """The text in a JSON value is shown, not its brackets."""
    assert words_of(text) == words


def test_a_line_is_short() -> None:
    """In a list there is one line, which ends where it would be too long."""
    assert in_a_line({"q": "a\n\n b"}) == "a b"
    long = in_a_line("x" * 5000)
    assert (len(long), long[-1]) == (301, "…")
