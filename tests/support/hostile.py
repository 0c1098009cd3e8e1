"""Attributes as nobody should send them: known keys with any values, and keys meant to harm."""

import math
from random import Random

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from spanlake.semconv.tables import load_dialects

_DEEPEST = 3
_KEY_ENDS = ("", "model", "a.b", "0", "0.role", "999999999.x", "__proto__", '"', "\0", "\u202e")


def _known_keys() -> list[str]:
    """Every key that a dialect reads; of a prefix, what may follow it."""
    keys: set[str] = set()
    for dialect in load_dialects():
        for table in (dialect.columns, dialect.usage):
            for source in (source for sources in table.values() for source in sources):
                is_prefix = source.key.endswith("*")
                ends = _KEY_ENDS if is_prefix else ("",)
                keys.update(source.key.removesuffix("*") + end for end in ends)
    return sorted(keys)


KNOWN_KEYS = _known_keys()
HOSTILE_KEYS = [
    "",
    "\0",
    "__proto__",
    "__proto__.polluted",
    "constructor.prototype",
    "a.999999999.b",
    "../../etc/passwd",
    "\u202egnp.exe",
    "🦆" * 50,
    "k" * 100_000,
    "gen_ai.",
    "gen_ai..model",
    "llm.input_messages.99999999999.message.role",
    "'; DROP TABLE spans; --",
]
TEXTS = [
    "",
    " ",
    "[",
    "{}",
    "[]",
    "null",
    "[null]",
    '{"a":1}',
    '["a",1,null,{"b":[]}]',
    "[" * 500,
    "[" * 500 + "]" * 500,
    '"x"',
    "NaN",
    "-Infinity",
    "1e999",
    "-1",
    "-0.0",
    "0",
    "9007199254740993",
    "18446744073709551616",
    "1" * 5000,
    "1.5",
    "١٢",
    "1_000",
    "0x10",
    " 5 ",
    "\0",
    "\u202e",
    "\ufeff[]",
    "a,b,,c",
    "LLM",
    "openai",
    "[1,2",
    '{"a":}',
    "[1e400]",
    "[123456789012345678901234567890]",
    '["\\ud800"]',
    '[{"role":"user","content":"x"}]',
    '[{"role":1,"parts":{}}]',
    "x" * 10_000,
]
_INTEGERS = [0, 1, -1, 100, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
_DOUBLES = [0.0, -0.0, 0.5, 3.0, -1.0, 2.0**60, 1e308, 5e-324, math.inf, -math.inf, math.nan]


def text(source: Random) -> str:
    """A text that may be taken for something else, or any short one."""
    if source.random() < 0.8:
        return source.choice(TEXTS)
    return "".join(chr(source.randrange(0x20, 0xD7FF)) for _ in range(source.randrange(8)))


def any_value(source: Random, *, depth: int = 0) -> AnyValue:
    """A value of any type; lists and maps hold any others."""
    match source.randrange(9 if depth < _DEEPEST else 7):
        case 0 | 1:
            return AnyValue(string_value=text(source))
        case 2:
            return AnyValue(int_value=source.choice([*_INTEGERS, source.randrange(2**40)]))
        case 3:
            return AnyValue(double_value=source.choice([*_DOUBLES, source.random()]))
        case 4:
            return AnyValue(bool_value=source.random() < 0.5)
        case 5:
            return AnyValue(bytes_value=source.randbytes(source.randrange(4)))
        case 6:
            return AnyValue()
        case 7:
            return AnyValue(array_value=ArrayValue(values=_values(source, depth)))
        case _:
            keys = source.choices(("role", "content", "", "x"), k=4)
            pairs = zip(keys, _values(source, depth), strict=False)
            members = [KeyValue(key=key, value=value) for key, value in pairs]
            return AnyValue(kvlist_value=KeyValueList(values=members))


def _values(source: Random, depth: int) -> list[AnyValue]:
    return [any_value(source, depth=depth + 1) for _ in range(source.randrange(4))]


def attribute(source: Random) -> KeyValue:
    """An attribute that some dialect reads, or whose key is meant to harm, of any value."""
    keys = KNOWN_KEYS if source.random() < 0.8 else HOSTILE_KEYS
    return KeyValue(key=source.choice(keys), value=any_value(source))
