"""How the text of an attribute becomes the value of a canonical column.

A transform takes n texts, null where a row has none, and gives n values and the rows that would not
do, with the reason. It never raises. Work is per distinct value where values repeat.
"""

import math
from collections.abc import Callable
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.content import CONTENT, text
from spanlake.semconv.json_values import as_text, parse_container
from spanlake.semconv.patterns import matches
from spanlake.semconv.tables import load_vocabulary
from spanlake.semconv.transformed import NO_TEXT, Transform, Transformed

# No model reads this many tokens, and sums of such numbers still fit 64 bits.
_MAX_COUNT = 2**53
_STRING_LIST = pa.list_(pa.string())
_MAX_TAGS = 100


def unscrubbed(texts: pa.StringArray) -> Transformed:
    """The text itself, unless what it was has been taken out on the way."""
    values = text(texts).values
    gone = matches(values, r"^\[(Scrubbed|Redacted|Filtered)\b")
    return Transformed(pc.if_else(pa.array(gone), NO_TEXT, values), {})


def lower(texts: pa.StringArray) -> Transformed:
    """The text in lower case."""
    return Transformed(pc.utf8_lower(text(texts).values), {})


def _count(value: str) -> int:
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError("must be a count, zero or more")
    try:
        whole = int(value)
    except ValueError:
        if not number.is_integer():
            raise ValueError("must be a whole number") from None
        whole = int(number)
    if whole > _MAX_COUNT:
        raise ValueError("must be at most 2^53")
    return whole


def _amount(value: str) -> float:
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError("must be a finite amount, zero or more")
    return number


def _numbers(texts: pa.StringArray, kind: pa.DataType, read: Callable[[str], float]) -> Transformed:
    try:
        values = pc.cast(texts, kind)
    except pa.ArrowInvalid:
        values = None
    if values is not None and _in_range(values):
        return Transformed(values, {})
    numbers: list[float | None] = []
    failures: dict[int, str] = {}
    for row, value in enumerate(texts.to_pylist()):
        try:
            numbers.append(None if value is None else read(value))
        except ValueError as error:
            numbers.append(None)
            rule = str(error) if str(error).startswith("must") else "must be a number"
            failures[row] = f"is {value!r:.60}: {rule}"
    return Transformed(pa.array(numbers, kind), failures)


def _in_range(values: pa.Array) -> bool:
    extremes = pc.min_max(values).as_py()
    low, high = extremes["min"] or 0, extremes["max"] or 0
    if pa.types.is_integer(values.type):
        return bool(low >= 0 and high <= _MAX_COUNT)
    return bool(low >= 0 and high < math.inf and pc.is_nan(values).true_count == 0)


def count(texts: pa.StringArray) -> Transformed:
    """A number of tokens, from an integer, an integral double or either one's text."""
    return _numbers(texts, pa.int64(), _count)


def amount(texts: pa.StringArray) -> Transformed:
    """A finite number, zero or more."""
    return _numbers(texts, pa.float64(), _amount)


def seconds_to_ms(texts: pa.StringArray) -> Transformed:
    """Seconds as milliseconds."""
    seconds = amount(texts)
    return Transformed(pc.multiply(seconds.values, 1000.0), seconds.failures)


def per_distinct(
    texts: pa.StringArray, kind: pa.DataType, convert: Callable[[str], Any]
) -> pa.Array:
    """`convert` applied once to each distinct text."""
    encoded = texts.dictionary_encode()
    values = [convert(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(values, kind).take(encoded.indices)


def span_type(texts: pa.StringArray) -> Transformed:
    """A canonical span type, from its own name or an operation; an unknown one says nothing."""
    vocabulary = load_vocabulary("span_type")
    return Transformed(per_distinct(texts, pa.string(), lambda v: vocabulary.get(v.lower())), {})


def provider(texts: pa.StringArray) -> Transformed:
    """A provider under the name the conventions give it; a framework's name is no provider."""
    vocabulary = load_vocabulary("provider")
    return Transformed(
        per_distinct(texts, pa.string(), lambda v: vocabulary.get(v.lower(), v.lower()) or None), {}
    )


def vendor(texts: pa.StringArray) -> Transformed:
    """A provider out of a name whose dots lead to its APIs, as in `openai.chat`."""
    vocabulary = load_vocabulary("provider")

    def of(value: str) -> str | None:
        name = value.lower()
        while name:
            if name in vocabulary:
                return vocabulary[name] or None
            name = name.rpartition(".")[0]
        return value.lower().partition(".")[0] or None

    return Transformed(per_distinct(texts, pa.string(), of), {})


def component_type(texts: pa.StringArray) -> Transformed:
    """A span type out of the name of a component's class, by how it ends."""
    endings = load_vocabulary("component_type")

    def of(value: str) -> str | None:
        name = value.lower()
        return next((kind for ending, kind in endings.items() if name.endswith(ending)), None)

    return Transformed(per_distinct(texts, pa.string(), of), {})


def json_map(texts: pa.StringArray) -> Transformed:
    """The members of a JSON object, as text."""

    def of(value: str) -> list[tuple[str, str | None]] | None:
        members = parse_container(value)
        if not isinstance(members, dict):
            return None
        return [(str(key), as_text(member)) for key, member in members.items()]

    return Transformed(per_distinct(texts, pa.map_(pa.string(), pa.string()), of), {})


def _strings(value: str) -> list[str]:
    """A JSON array, or a comma-separated list, as its strings."""
    if value.startswith("["):
        try:
            members = orjson.loads(value)
        except orjson.JSONDecodeError:
            return [value]
        return [each for each in map(as_text, members) if each is not None]
    return [part.strip() for part in value.split(",") if part.strip()]


def string_list(texts: pa.StringArray) -> Transformed:
    """A list of strings, from an array, a JSON array or a comma-separated text."""

    def distinct(value: str) -> list[str]:
        return list(dict.fromkeys(_strings(value)))[:_MAX_TAGS]

    return Transformed(per_distinct(texts, _STRING_LIST, distinct), {})


def finish_reasons(texts: pa.StringArray) -> Transformed:
    """Finish reasons under the names the conventions give them."""
    vocabulary = load_vocabulary("finish_reason")

    def named(value: str) -> list[str]:
        return [vocabulary.get(reason.lower(), reason.lower()) for reason in _strings(value)]

    return Transformed(per_distinct(texts, _STRING_LIST, named), {})


TRANSFORMS: dict[str, Transform] = {
    **CONTENT,
    "unscrubbed": unscrubbed,
    "lower": lower,
    "count": count,
    "amount": amount,
    "seconds_to_ms": seconds_to_ms,
    "span_type": span_type,
    "provider": provider,
    "vendor": vendor,
    "component_type": component_type,
    "json_map": json_map,
    "list": string_list,
    "finish_reasons": finish_reasons,
}
