"""One value of an attribute or a log's body, redacted: its text, its type and the name it has."""

import base64
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import re2
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from spanlake.collector.redaction.content import Content
from spanlake.collector.redaction.replacing import Redacted, Replacing
from spanlake.collector.redaction.rules import CONTENT, SENSITIVE_KEY, Action
from spanlake.otlp.anyvalue import any_value, any_value_text

_CACHED = 4096
_CACHED_BYTES = 64 << 10
_PLAIN = frozenset(("", "null", "true", "false"))


class Value(NamedTuple):
    """A value and its type letter (see `otlp.anyvalue`), or, dropped, none at all."""

    text: str | None
    letter: str
    counts: Mapping[str, int]
    is_dropped: bool = False


class Values:
    """Redacts values. endings: a pattern of names whose values are secret, or None.

    content: takes out what people and models said, or None.
    is_sensitive: whether the value under a name is secret whatever it is.
    """

    def __init__(
        self, replacing: Replacing, *, endings: str | None, content: Content | None
    ) -> None:
        self._replacing = replacing
        self._name = re2.compile(rf"(?is:.*(?:{endings})(?:\.[0-9]+)?)") if endings else None
        self.content = content
        self._cached = lru_cache(_CACHED)(replacing.redact)
        self.is_sensitive = lru_cache(_CACHED)(self._is_sensitive)

    def _is_sensitive(self, key: str) -> bool:
        return self._name is not None and self._name.fullmatch(key) is not None

    def text(self, text: str, subject: str | None) -> Redacted | None:
        """A text without what is found in it; None when nothing is."""
        encoded = text.encode()
        # Tokens are not remembered: their keys come and go.
        if subject is not None or len(encoded) > _CACHED_BYTES:
            return self._replacing.redact(encoded, subject)
        return self._cached(encoded, subject)

    def value(self, key: str, text: str | None, letter: str, subject: str | None) -> Value | None:
        """A value without what is found in it; None when nothing is."""
        if text is None or letter == "n":
            return None
        if self.is_sensitive(key) and letter != "b" and text not in _PLAIN:
            return self._secret(text, subject)
        counts: Counter[str] = Counter()
        if self.content is not None:
            shape = self.content.shape(key, text, letter)
            if shape is not None:
                counts[CONTENT] += 1
                text, letter = shape
        found = self._by_type(text, letter, subject)
        if found is None:
            return Value(text, letter, counts) if counts else None
        counts.update(found.counts)
        return found._replace(counts=counts)

    def _secret(self, text: str, subject: str | None) -> Value:
        stead = self._replacing.stead(SENSITIVE_KEY, text.encode(), subject).decode()
        is_dropped = self._replacing.action(SENSITIVE_KEY) is Action.DROP
        return Value(stead, "s", {SENSITIVE_KEY: 1}, is_dropped)

    def _by_type(self, text: str, letter: str, subject: str | None) -> Value | None:
        match letter:
            case "b":
                return None
            case "y":
                return self._bytes(text, subject)
            case "x":
                return self._tree(any_value(text, "x"), subject)
            case "i" | "d":
                found = self.text(text.removesuffix(".0"), subject)
                return found and Value(found.text.decode(), "s", found.counts)
            case _:
                found = self.text(text, subject)
                return found and Value(found.text.decode(), letter, found.counts)

    def _bytes(self, text: str, subject: str | None) -> Value | None:
        # Bytes need not be UTF-8, but each of them is a character of Latin-1.
        found = self.text(base64.b64decode(text).decode("latin-1"), subject)
        if found is None:
            return None
        redacted = found.text.decode().encode("latin-1", errors="replace")
        return Value(base64.b64encode(redacted).decode(), "y", found.counts)

    def _tree(self, root: AnyValue, subject: str | None) -> Value | None:
        """A nested value that JSON cannot express."""
        counts: Counter[str] = Counter()
        self._in_tree(root, "", subject, counts)
        return Value(*any_value_text(root), counts) if counts else None

    def _in_tree(self, node: AnyValue, key: str, subject: str | None, counts: Counter[str]) -> None:
        match node.WhichOneof("value"):
            case "array_value":
                for item in node.array_value.values:
                    self._in_tree(item, key, subject, counts)
            case "kvlist_value":
                for pair in node.kvlist_value.values:
                    self._pair(pair, subject, counts)
            case None:
                return
            case _:
                found = self.value(key, *any_value_text(node), subject)
                if found is not None:
                    counts.update(found.counts)
                    node.CopyFrom(any_value(found.text, found.letter))

    def _pair(self, pair: KeyValue, subject: str | None, counts: Counter[str]) -> None:
        name = self.text(pair.key, subject)
        self._in_tree(pair.value, pair.key, subject, counts)
        if name is not None:
            counts.update(name.counts)
            pair.key = name.text.decode()

    def repeated(self, pairs: list[KeyValue], subject: str | None) -> Counter[str]:
        """Redact a list that repeats a key, in place; return what was found."""
        counts: Counter[str] = Counter()
        for pair in pairs:
            self._pair(pair, subject, counts)
        return counts
