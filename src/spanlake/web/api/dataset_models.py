"""What clients send about datasets and their records."""

from typing import Literal

from pydantic import Field, JsonValue

from spanlake.web.api.endpoint import Model

_Object = dict[str, JsonValue]


class NewDataset(Model):
    """A dataset without records."""

    name: str
    description: str | None = None
    experiment: str | None = None
    tags: _Object = Field(default_factory=dict)
    inputs_schema: _Object | None = Field(None, description="A JSON schema of the inputs.")
    expectations_schema: _Object | None = Field(None, description="One of the expectations.")


class DatasetsQuery(Model):
    """Which datasets."""

    experiment: str | None = None


class DatasetVersionQuery(Model):
    """At which version."""

    version: int | None = Field(None, ge=0, le=2**31 - 1, description="The newest, unless said.")


class RecordsQuery(DatasetVersionQuery):
    """Which records of which version."""

    text: str = Field("", max_length=1_000, description="A part of what they say, or of the id.")
    split: str | None = None
    limit: int = Field(50, ge=1, le=1_000)
    offset: int = Field(0, ge=0, le=2**31)


class DiffQuery(Model):
    """Between which versions."""

    before: int = Field(ge=0, le=2**31 - 1)
    after: int | None = Field(None, ge=0, le=2**31 - 1, description="The newest, unless said.")


class RecordSourceBody(Model):
    """Where a record is from."""

    source_type: Literal["TRACE", "HUMAN", "DOCUMENT", "CODE"]
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None


class RecordBody(Model):
    """What a record says."""

    inputs: _Object
    outputs: JsonValue = None
    expectations: _Object = Field(default_factory=dict)
    tags: _Object = Field(default_factory=dict)
    split: str | None = None
    source: RecordSourceBody | None = None


class NewRecords(Model):
    """Records to merge: one whose inputs are there already is merged into that one."""

    records: list[RecordBody] = Field(min_length=1, max_length=10_000)
    note: str | None = Field(None, max_length=10_000)


class RecordReplacement(Model):
    """All that a record says from now on."""

    record: RecordBody
    digest: str | None = Field(
        None, description="Of the record as you have seen it: if it changed since, it is refused."
    )
    note: str | None = Field(None, max_length=10_000)


class RecordDeletion(Model):
    """Why a record is taken out."""

    note: str | None = Field(None, max_length=10_000)
