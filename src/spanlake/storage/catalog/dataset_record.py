"""A record of a dataset: as it is given, and as it is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, Literal

from spanlake.errors import UserError
from spanlake.storage.catalog.json_text import json_text, text_digest
from spanlake.storage.catalog.texts import check_name

Granularity = Literal["trace", "session"]
SourceKind = Literal["TRACE", "HUMAN", "DOCUMENT", "CODE"]

SOURCE_KINDS: tuple[SourceKind, ...] = ("TRACE", "HUMAN", "DOCUMENT", "CODE")
SESSION_KEYS = frozenset({"goal", "persona", "context", "simulation_guidelines"})
"""What the inputs of a conversation that is yet to be held may say; the goal is needed."""

_FIELDS = ("inputs", "outputs", "expectations", "tags", "split", "source")
# What an export or another program's record has beside them, and what is made anew here.
_PASSED_OVER = frozenset(
    {
        "record_id",
        "dataset_record_id",
        "dataset_id",
        "dataset",
        "digest",
        "created_at",
        "updated_at",
        "from_version",
        "to_version",
    }
)
_LONGEST_NAME = 200
_LONGEST_VALUE = 10_000
_ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class RecordSource:
    """Where a record is from: the trace, span or session, or a person, a document, a program."""

    source_type: SourceKind
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A record to merge. inputs, outputs: JSON text.

    outputs: None to remove those that are stored; has_outputs is false where it says nothing of
    them. expectations, tags: added to those that are stored, by key. granularity: what it stands
    for, a trace or a whole session; None where that is known of the stored one.
    """

    record_id: str
    inputs: str
    outputs: str | None = None
    has_outputs: bool = False
    expectations: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    source: RecordSource
    granularity: Granularity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord:
    """A stored record. inputs, expectations, tags: objects; outputs: any JSON value, or None."""

    record_id: str
    inputs: dict[str, Any]
    outputs: Any
    expectations: dict[str, Any]
    tags: dict[str, str]
    split: str | None
    source: RecordSource
    digest: str
    created_at: datetime
    updated_at: datetime


def record_id_of(inputs: str) -> str:
    """The id of a record by the JSON text of its inputs."""
    return f"r-{sha256(inputs.encode()).hexdigest()[:_ID_DIGITS]}"


def record_digest(
    inputs: str, outputs: str | None, expectations: str, tags: str, split: str | None
) -> str:
    """The digest of all that a record says, as the catalog keeps it."""
    return text_digest(inputs, outputs, expectations, tags, split)


def read_records(rows: Iterable[Mapping[str, Any]]) -> Iterable[NewRecord]:
    """Records from mappings of inputs, outputs, expectations, tags, split and source.

    Raises UserError for the first that cannot be one, which it names by its number from 1.
    """
    for number, row in enumerate(rows, start=1):
        yield read_record(row, f"record {number}")


def read_record(row: Mapping[str, Any], typed: str) -> NewRecord:
    """One record from a mapping. typed: what the user knows it as. Raises UserError."""
    if not isinstance(row, Mapping):
        raise UserError(
            f"{typed} is of type {type(row).__name__}: must be an object with inputs, such as "
            '{"inputs": {"question": "..."}, "expectations": {"expected_response": "..."}}'
        )
    for key in row.keys() - _PASSED_OVER - set(_FIELDS):
        near = get_close_matches(str(key), _FIELDS, n=1)
        raise UserError(
            f"{typed} has the key {key!r}: the keys are {', '.join(_FIELDS)}; "
            + (f"did you mean {near[0]!r}?" if near else "put it into inputs or tags")
        )
    inputs = _object(row.get("inputs"), f"inputs of {typed}", is_needed=True)
    expectations = _object(row.get("expectations"), f"expectations of {typed}")
    text = json_text(inputs, typed=f"inputs of {typed}")
    outputs = row.get("outputs")
    source = read_source(row.get("source"), typed) or RecordSource(
        "HUMAN" if expectations else "CODE"
    )
    json_text(expectations, typed=f"expectations of {typed}")
    return NewRecord(
        record_id=record_id_of(text),
        inputs=text,
        outputs=None if outputs is None else json_text(outputs, typed=f"outputs of {typed}"),
        has_outputs="outputs" in row,
        expectations=expectations,
        tags=_tags(row.get("tags"), typed),
        split=_split(row.get("split"), typed),
        source=source,
        granularity=_granularity(inputs, source, typed),
    )


def read_source(given: Any, typed: str) -> RecordSource | None:  # noqa: ANN401  # as the user has it
    """Where a record is from, if it is said.

    given: {source_type, source_data: {trace_id, span_id, session_id}}, or these keys beside each
    other. Raises UserError.
    """
    if given is None:
        return None
    if isinstance(given, RecordSource):
        return given
    source = _object(given, f"source of {typed}")
    data = {**source, **_object(source.get("source_data"), f"source_data of {typed}")}
    kind = str(data.get("source_type", "TRACE" if data.get("trace_id") else "CODE")).upper()
    if kind not in SOURCE_KINDS:
        raise UserError(
            f"source_type of {typed} is {kind!r}: must be one of {', '.join(SOURCE_KINDS)}"
        )
    ids = {name: _text(data.get(name)) for name in ("trace_id", "span_id", "session_id")}
    return RecordSource(kind, **ids)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _object(given: Any, typed: str, *, is_needed: bool = False) -> dict[str, Any]:  # noqa: ANN401
    if given is None and not is_needed:
        return {}
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        if given or not is_needed:
            return dict(given)
        raise UserError(f"{typed} is {{}}: must say something; give it a key")
    found = "missing" if given is None else f"of type {type(given).__name__}"
    raise UserError(f'{typed} is {found}: must be an object, such as {{"question": "..."}}')


def _tags(given: Any, typed: str) -> dict[str, str]:  # noqa: ANN401
    tags = _object(given, f"tags of {typed}")
    return {key: check_tag(key, value, typed) for key, value in tags.items()}


def check_tag(key: str, value: Any, typed: str) -> str:  # noqa: ANN401
    """The value of a tag as text. Raises UserError."""
    check_name(f"a tag of {typed}", key, longest=_LONGEST_NAME)
    text = value if isinstance(value, str) else json_text(value, typed=f"tag {key} of {typed}")
    if len(text) > _LONGEST_VALUE or "\0" in text:
        raise UserError(
            f"the tag {key} of {typed} has {len(text):,} characters: at most {_LONGEST_VALUE:,} "
            "are possible, and NUL is not; shorten it"
        )
    return text


def _split(given: Any, typed: str) -> str | None:  # noqa: ANN401
    if given is None:
        return None
    return check_name(f"split of {typed}", str(given), longest=_LONGEST_NAME)


def _granularity(inputs: Mapping[str, Any], source: RecordSource, typed: str) -> Granularity:
    if "goal" in inputs:
        others = sorted(inputs.keys() - SESSION_KEYS)
        if inputs.keys() & SESSION_KEYS != {"goal"} and others:
            raise UserError(
                f"inputs of {typed} have {', '.join(others)} beside the goal of a conversation: "
                f"such inputs have {', '.join(sorted(SESSION_KEYS))} alone; leave out the others"
            )
        return "trace" if others else "session"
    return "session" if source.session_id and not source.trace_id else "trace"
