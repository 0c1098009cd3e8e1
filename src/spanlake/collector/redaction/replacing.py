"""What stands in the place of what was found."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from spanlake.collector.redaction.matcher import Found, Matcher
from spanlake.collector.redaction.rules import Action
from spanlake.collector.redaction.secret_keys import SecretKeys

TOKEN = re.compile(r"\[(\w+):token:([0-9a-f]{24})\.([0-9a-f]+)\]")
"""How a token stands in a text: its rule, the reference of its key, and the encrypted value."""

_BLANK = b" \t\r\n"


class Redacted(NamedTuple):
    """A text without what was found in it; counts: how often each rule found something."""

    text: bytes
    counts: Mapping[str, int]


class Replacing:
    """Takes out of texts what a matcher finds.

    default, actions: what is done, and what instead for some rules. keys: for hashes and tokens.
    """

    def __init__(
        self,
        matcher: Matcher,
        keys: SecretKeys,
        *,
        default: Action = Action.MASK,
        actions: Mapping[str, Action] | None = None,
    ) -> None:
        self._matcher = matcher
        self._keys = keys
        self._default = default
        self._actions = actions or {}

    @property
    def makes_tokens(self) -> bool:
        """Whether any rule does, so that it matters who a text is about."""
        return Action.TOKEN in {self._default, *self._actions.values()}

    def action(self, rule: str) -> Action:
        """What is done about what a rule finds."""
        return self._actions.get(rule, self._default)

    def redact(self, text: bytes, subject: str | None) -> Redacted | None:
        """A text of UTF-8 without what is found in it; None when nothing is.

        subject: whom it is about, if that is known; without one there are masks for tokens.
        """
        found = self._matcher.find(text)
        text, parts = found.text, found.parts
        if not parts:
            return None
        is_json = text[:1] in (b"{", b"[", b'"')
        pieces: list[bytes] = []
        at = 0
        for part in parts:
            value = text[part.start : part.end]
            bare = is_json and value.isdigit() and _stands_bare(text, part)
            pieces += (
                text[at : part.start],
                b"0" if bare else self.stead(part.rule, value, subject),
            )
            at = part.end
        pieces.append(text[at:])
        return Redacted(b"".join(pieces), Counter(part.rule for part in parts))

    def stead(self, rule: str, value: bytes, subject: str | None) -> bytes:
        """What stands in the place of one value."""
        match self.action(rule):
            case Action.DROP:
                return b""
            case Action.HASH:
                return f"[{rule}:hash:{self._keys.digest(value)}]".encode()
            case Action.TOKEN if subject:
                return f"[{rule}:token:{self._keys.encrypt(subject, rule, value)}]".encode()
            case _:
                return f"[REDACTED:{rule}]".encode()


def _stands_bare(text: bytes, part: Found) -> bool:
    """Whether a part is a number in JSON, in the place of which no text can stand."""
    before = text[: part.start].rstrip(_BLANK)[-1:]
    after = text[part.end : part.end + 8].lstrip(_BLANK)[:1]
    return before in (b":", b",", b"[") and after in (b",", b"}", b"]")


def revealed(text: str, keys: SecretKeys) -> str:
    """A text with the values of those of its tokens whose keys exist."""

    def value(token: re.Match[str]) -> str:
        found = keys.decrypt(token[2], token[1], bytes.fromhex(token[3]))
        return token[0] if found is None else found.decode(errors="replace")

    return TOKEN.sub(value, text)
