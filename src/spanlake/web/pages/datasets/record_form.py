"""A record as a form: a field for each key of its inputs, expectations and tags, and back.

A field is called KIND:PART:KEY, and its kind says what it holds: `text`, or `json` for any other
value. What is left empty is not in the record.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from spanlake.errors import UserError
from spanlake.storage.catalog.dataset_record import DatasetRecord, NewRecord, read_record

Part = Literal["inputs", "outputs", "expectations", "tags"]
FieldKind = Literal["text", "json"]

PARTS: Mapping[Part, str] = {
    "inputs": "Inputs",
    "outputs": "Outputs",
    "expectations": "Expectations",
    "tags": "Tags",
}
_OBJECTS: tuple[Part, ...] = ("inputs", "expectations", "tags")
# What a new record is likely to have.
_USUAL: tuple[tuple[Part, str], ...] = (
    ("inputs", "question"),
    ("expectations", "expected_response"),
)


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of the form. key: "" for the outputs, which are one value."""

    part: Part
    key: str
    kind: FieldKind
    value: str

    @property
    def name(self) -> str:
        """As the form sends it."""
        return f"{self.kind}:{self.part}:{self.key}"

    @property
    def rows(self) -> int:
        """How many lines of it are seen."""
        return min(12, max(1 if self.part == "tags" else 2, self.value.count("\n") + 1))


def fields_of(record: DatasetRecord | None) -> tuple[RecordField, ...]:
    """The fields of a record, or those of a new one."""
    if record is None:
        new = (RecordField(part, key, "text", "") for part, key in _USUAL)
        return (*new, RecordField("outputs", "", "text", ""))
    return tuple(_fields(record))


def _fields(record: DatasetRecord) -> Iterator[RecordField]:
    for part in PARTS:
        if part == "outputs":
            yield _field("outputs", "", record.outputs)
            continue
        members: Mapping[str, Any] = getattr(record, part)
        for key, value in members.items():
            yield _field(part, key, value)


def _field(part: Part, key: str, value: Any) -> RecordField:  # noqa: ANN401  # any JSON
    if value is None or isinstance(value, str):
        return RecordField(part, key, "text", value or "")
    return RecordField(part, key, "json", orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def form_of(form: Mapping[str, str]) -> tuple[RecordField, ...]:
    """The fields as they were sent."""
    return tuple(
        RecordField(part, key, kind, given.replace("\r\n", "\n"))
        for part, key, kind, given in _sent(form)
    )


def _sent(form: Mapping[str, str]) -> Iterator[tuple[Part, str, FieldKind, str]]:
    for name, given in form.items():
        kind, _, rest = name.partition(":")
        part, colon, key = rest.partition(":")
        if kind in ("text", "json") and colon and part in PARTS:
            yield part, key, kind, given  # type: ignore[misc]  # they are such


def record_of(form: Mapping[str, str]) -> NewRecord:
    """The record that a form describes. UserError for what is none."""
    parts: dict[str, Any] = {part: {} for part in _OBJECTS}
    for part, key, kind, given in _sent(form):
        text = given.replace("\r\n", "\n")
        if not text.strip():
            continue
        value = text if kind == "text" else _json(text, f"{key or part}")
        if part == "outputs":
            parts["outputs"] = value
        else:
            parts[part][key] = value
    for part in _OBJECTS:
        key = form.get(f"new-key:{part}", "").strip()
        text = form.get(f"new-value:{part}", "").replace("\r\n", "\n")
        if text.strip() and not key:
            raise UserError(f"a new one of the {part} is {text[:40]!r}: must have a name, too")
        if key and text.strip():
            if key in parts[part]:
                raise UserError(f"{key!r} of the {part} comes twice: each name can come once")
            parts[part][key] = _value(text) if part != "tags" else text
    split = form.get("split", "").strip()
    return read_record({**parts, "split": split or None}, "the record")


def _value(text: str) -> Any:  # noqa: ANN401  # any JSON
    """What a new field holds: an object or a list where it is one, else text."""
    if text.strip()[:1] not in "[{":
        return text
    return _json(text, "the new value")


def _json(text: str, typed: str) -> Any:  # noqa: ANN401  # any JSON
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UserError(
            f"{typed} is {text[:60]!r}: must be JSON ({error}); correct it, or put a text in quotes"
        ) from None
