"""The processor `redact`: what must not be stored, and what is done about it."""

from typing import Annotated, Literal

import re2
from pydantic import AfterValidator, Field

from spanlake.config.section import Section

_RuleName = Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")]


def _pattern(value: str) -> str:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(value, options)
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"must be a regular expression in RE2's syntax ({text})") from None
    if compiled.search(""):
        raise ValueError("must be a regular expression that does not match the empty text")
    return value


def _ending(value: str) -> str:
    if "^" in value or value.endswith("$"):
        raise ValueError("must be how names end, without ^ and $")
    return value


_Pattern = Annotated[str, AfterValidator(_pattern)]
_Ending = Annotated[str, AfterValidator(_pattern), AfterValidator(_ending)]
RedactAction = Literal["drop", "mask", "hash", "token"]


class RedactProcessor(Section):
    """What is taken out of everything before it is stored; see docs/redaction.md.

    rules: names of rules, or secret and personal for all of a kind. keys: endings of names whose
    values are secret, beside the built-in ones. patterns: rules of one's own, by name.
    allow: patterns of what is no finding. action: what is done, and `actions`, by rule, what
    instead. subject: attributes that say whom a span is about, for tokens.
    content: keep, or shape: of what people and models said only roles, names and lengths.
    dry_run: count, and change nothing.
    """

    rules: tuple[str, ...] = ("secret", "personal")
    action: RedactAction = "mask"
    actions: dict[str, RedactAction] = Field(default_factory=dict)
    keys: tuple[_Ending, ...] = ()
    patterns: dict[_RuleName, _Pattern] = Field(default_factory=dict)
    allow: tuple[_Pattern, ...] = ()
    subject: tuple[str, ...] = ("user.id", "enduser.id", "langfuse.user.id")
    content: Literal["keep", "shape"] = "keep"
    dry_run: bool = False
