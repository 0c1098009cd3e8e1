import pytest

from spanlake.config.substitution import SubstitutionError, substitute

ENVIRON = {"NAME": "value", "EMPTY": "", "DOLLAR": "${env:NAME}"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${env:NAME}", "value"),
        ("${NAME}", "value"),
        ("a/${env:NAME}/${env:NAME}", "a/value/value"),
        ("${env:NAME:-default}", "value"),
        ("${env:NONE:-default}", "default"),
        ("${env:NONE:-a:-b}", "a:-b"),
        ("${env:NONE:-}", ""),
        ("${env:EMPTY:-default}", ""),
        ("$${env:NAME}", "${env:NAME}"),
        ("$NAME costs $5", "$NAME costs $5"),
        ("${env:DOLLAR}", "${env:NAME}"),
    ],
)
def test_references_are_replaced_as_in_the_collector(text: str, result: str) -> None:
    """A reference becomes the variable's value or its default, once, and $$ a dollar sign."""
    assert substitute(text, ENVIRON) == result


def test_a_variable_that_is_not_set_is_refused() -> None:
    """A reference to a variable that is not set and has no default says so, and what to write."""
    with pytest.raises(SubstitutionError) as caught:
        substitute("${env:NONE}", ENVIRON)
    assert str(caught.value) == "the environment has no NONE; set it, or write ${env:NONE:-default}"


@pytest.mark.parametrize(
    "text", ["${env:NAME", "${}", "${env:}", "${file:secret}", "${env:1ST}", "${env:A:-${env:B}}"]
)
def test_a_malformed_reference_is_refused(text: str) -> None:
    """A reference that is cut off, nested, or to something else than a variable is refused."""
    with pytest.raises(SubstitutionError) as caught:
        substitute(text, ENVIRON)
    assert str(caught.value) == "must be ${env:NAME} or ${env:NAME:-default}; write $$ for $"
