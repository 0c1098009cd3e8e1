"""References to environment variables inside the file, as the Collector writes them.

${env:NAME} is the variable's value, ${env:NAME:-default} has one for a variable that is not set,
${NAME} is short for ${env:NAME}, and $$ is a dollar sign.
"""

import re
from collections.abc import Mapping

_DOLLAR = re.compile(r"\$\$|\$\{(?P<inner>[^{}]*)(?P<closed>\}?)")
_REFERENCE = re.compile(r"(?s)(?:env:)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?")


class SubstitutionError(ValueError):
    """A reference that has no value; the message says what is wrong and what to write."""


def substitute(text: str, environ: Mapping[str, str]) -> str:
    """Replace every reference in the text; SubstitutionError if one is malformed or not set."""
    return _DOLLAR.sub(lambda match: _value(match, environ), text)


def _value(match: re.Match[str], environ: Mapping[str, str]) -> str:
    inner = match["inner"]
    if inner is None:
        return "$"
    reference = _REFERENCE.fullmatch(inner)
    if reference is None or not match["closed"]:
        raise SubstitutionError("must be ${env:NAME} or ${env:NAME:-default}; write $$ for $")
    name, default = reference["name"], reference["default"]
    value = environ.get(name, default)
    if value is None:
        raise SubstitutionError(
            f"the environment has no {name}; set it, or write ${{env:{name}:-default}}"
        )
    return value
