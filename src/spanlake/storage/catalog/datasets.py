"""Datasets: named collections of records to evaluate on, each change of which is a new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from spanlake.entities.access import Principal
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.audit_log import deleted, record
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_record import Granularity, check_tag
from spanlake.storage.catalog.dataset_schema import RecordSchemas, schema_text
from spanlake.storage.catalog.dataset_tables import (
    DATASET_RECORDS,
    DATASET_TAGS,
    DATASET_VERSIONS,
    DATASETS,
)
from spanlake.storage.catalog.insert import insert_new
from spanlake.storage.catalog.texts import check_name, check_prose

EMPTY_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""Of a dataset without records: SHA-256 of nothing."""

_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset as it is now.

    version: counts up from 1 with every change; 0 has no records. digest: SHA-256 of what the
    records say, in hex. granularity: what a record stands for. inputs_schema,
    expectations_schema: JSON schemas, as text. updated_at: when the version was made.
    """

    dataset_id: str
    name: str
    description: str | None
    experiment: str | None
    tags: dict[str, str]
    granularity: Granularity | None
    version: int
    digest: str
    record_count: int
    inputs_schema: str | None
    expectations_schema: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """New JSON schemas, as plain values. None leaves what is there; the empty one removes it."""

    inputs: dict[str, Any] | None = None
    expectations: dict[str, Any] | None = None


def create_dataset(  # noqa: PLR0913  # all that can be said of one
    catalog: Catalog,
    name: str,
    *,
    description: str | None = None,
    experiment: str | None = None,
    tags: Mapping[str, Any] | None = None,
    inputs_schema: dict[str, Any] | None = None,
    expectations_schema: dict[str, Any] | None = None,
) -> Dataset:
    """Make a dataset of a name that none has. Raises UserError."""
    check_name("NAME", name, longest=_LONGEST_NAME)
    if "@" in name:
        raise UserError(
            f"NAME is {name!r}: must be without @, after which a version is named; choose another"
        )
    if description is not None:
        check_prose("the description", description, longest=_LONGEST_DESCRIPTION)
    with catalog.writing() as connection:
        made = connection.execute(
            insert_new(connection, DATASETS)
            .values(
                dataset_id=f"d-{uuid4().hex}",
                name=name,
                description=description,
                experiment=experiment,
                inputs_schema=_schema(inputs_schema, "inputs_schema"),
                expectations_schema=_schema(expectations_schema, "expectations_schema"),
                created_at=datetime.now(UTC),
            )
            .returning(DATASETS.c.dataset_id)
        ).scalar()
        if made is None:
            raise UserError(
                f"NAME is {name!r}: must be new, and there is such a dataset; choose another, or "
                "add to it with `spanlake datasets add`"
            )
        _tag(connection, made, tags or {})
        return _dataset(connection, name)


def get_dataset(catalog: Catalog, name: str) -> Dataset:
    """The dataset of this name or id. NotFoundError if there is none."""
    with catalog.reading() as connection:
        return _dataset(connection, name)


def list_datasets(catalog: Catalog) -> list[Dataset]:
    """Every dataset, by name."""
    with catalog.reading() as connection:
        return _datasets(connection)


def delete_dataset(catalog: Catalog, name: str, *, actor: Principal | None = None) -> None:
    """Remove a dataset with all its versions; runs keep their results. NotFoundError.

    actor: for the audit log; None is whoever is on this machine.
    """
    with catalog.writing() as connection:
        found = locked_dataset(connection, name)
        connection.execute(delete(DATASETS).where(DATASETS.c.dataset_id == found.dataset_id))
        record(connection, deleted(actor, "dataset", found.name, {"version": found.version}))


def describe_dataset(catalog: Catalog, name: str, description: str) -> Dataset:
    """Replace the description; the empty one removes it. Raises NotFoundError and UserError."""
    if description:
        check_prose("the description", description, longest=_LONGEST_DESCRIPTION)
    with catalog.writing() as connection:
        found = locked_dataset(connection, name)
        connection.execute(
            update(DATASETS)
            .where(DATASETS.c.dataset_id == found.dataset_id)
            .values(description=description or None)
        )
        return _dataset(connection, found.name)


def set_dataset_tags(catalog: Catalog, name: str, tags: Mapping[str, Any]) -> Dataset:
    """Set these tags and leave the others; None removes one. Raises NotFoundError, UserError."""
    with catalog.writing() as connection:
        found = locked_dataset(connection, name)
        _tag(connection, found.dataset_id, tags)
        return _dataset(connection, found.name)


def set_dataset_schemas(catalog: Catalog, name: str, change: SchemaChange) -> Dataset:
    """Hold the records to other schemas from now on.

    Raises NotFoundError, and UserError for a schema that is none or that a record is against.
    """
    new = {
        column: _schema(schema, column)
        for column, schema in (
            ("inputs_schema", change.inputs),
            ("expectations_schema", change.expectations),
        )
        if schema is not None
    }
    with catalog.writing() as connection:
        found = locked_dataset(connection, name)
        if new:
            connection.execute(
                update(DATASETS).where(DATASETS.c.dataset_id == found.dataset_id).values(new)
            )
        changed = _dataset(connection, found.name)
        schemas = RecordSchemas(changed.inputs_schema, changed.expectations_schema)
        columns = DATASET_RECORDS.c
        rows = connection.execute(
            select(columns.record_id, columns.inputs, columns.expectations).where(
                columns.dataset_id == found.dataset_id, columns.to_version.is_(None)
            )
        )
        for record_id, inputs, expectations in rows:
            schemas.check_inputs(inputs, record_id)
            schemas.check_expectations(expectations, record_id)
        return changed


def locked_dataset(connection: Connection, name: str) -> Dataset:
    """The dataset of this name or id, which nobody else changes until the transaction ends."""
    found = _dataset(connection, name)
    # In SQLite whoever writes is alone anyway; elsewhere it is read again, now that it is held.
    connection.execute(
        select(DATASETS.c.dataset_id)
        .where(DATASETS.c.dataset_id == found.dataset_id)
        .with_for_update()
    )
    return _dataset(connection, name)


def _schema(schema: dict[str, Any] | None, typed: str) -> str | None:
    return schema_text(schema, typed=typed) if schema else None


def _tag(connection: Connection, dataset_id: str, tags: Mapping[str, Any]) -> None:
    texts = {
        key: check_tag(key, value, "the dataset")
        for key, value in tags.items()
        if value is not None
    }
    if tags:
        connection.execute(
            delete(DATASET_TAGS).where(
                DATASET_TAGS.c.dataset_id == dataset_id, DATASET_TAGS.c.key.in_(list(tags))
            )
        )
    if texts:
        rows = [
            {"dataset_id": dataset_id, "key": key, "value": value} for key, value in texts.items()
        ]
        connection.execute(insert(DATASET_TAGS), rows)


def _dataset(connection: Connection, name: str) -> Dataset:
    found = _datasets(connection, name)
    if found:
        # A name may be the id of another: the name counts.
        return next((each for each in found if each.name == name), found[0])
    names = connection.execute(select(DATASETS.c.name)).scalars().all()
    near = get_close_matches(name, names, n=1)
    next_step = f"did you mean {near[0]!r}?" if near else "`spanlake datasets list` shows them"
    raise NotFoundError(f"NAME is {name!r}: no dataset is called so; {next_step}")


def _datasets(connection: Connection, name: str | None = None) -> list[Dataset]:
    newest = (
        select(DATASET_VERSIONS.c.dataset_id, func.max(DATASET_VERSIONS.c.version).label("version"))
        .group_by(DATASET_VERSIONS.c.dataset_id)
        .subquery()
    )
    version = DATASET_VERSIONS
    chosen = (
        select(DATASETS, version.c.version, version.c.digest, version.c.record_count)
        .add_columns(version.c.created_at.label("updated_at"))
        .outerjoin(newest, newest.c.dataset_id == DATASETS.c.dataset_id)
        .outerjoin(
            version,
            (version.c.dataset_id == newest.c.dataset_id) & (version.c.version == newest.c.version),
        )
        .order_by(DATASETS.c.name)
    )
    if name is not None:
        chosen = chosen.where((DATASETS.c.name == name) | (DATASETS.c.dataset_id == name))
    tags: dict[str, dict[str, str]] = {}
    for dataset_id, key, value in connection.execute(
        select(DATASET_TAGS).order_by(DATASET_TAGS.c.key)
    ):
        tags.setdefault(dataset_id, {})[key] = value
    return [_of_row(row, tags.get(row.dataset_id, {})) for row in connection.execute(chosen)]


def _of_row(row: Row[Any], tags: dict[str, str]) -> Dataset:
    return Dataset(
        dataset_id=row.dataset_id,
        name=row.name,
        description=row.description,
        experiment=row.experiment,
        tags=tags,
        granularity=row.granularity,
        version=row.version or 0,
        digest=row.digest or EMPTY_DIGEST,
        record_count=row.record_count or 0,
        inputs_schema=row.inputs_schema,
        expectations_schema=row.expectations_schema,
        created_at=row.created_at,
        updated_at=row.updated_at or row.created_at,
    )
