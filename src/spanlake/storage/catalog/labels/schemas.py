"""Label schemas: questions, each change of which is a new version beside those that were asked."""

from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, func, insert, select, update

from spanlake.entities.label_schema import LabelInput, LabelSchema, LabelType
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.json_text import json_text, json_value
from spanlake.storage.catalog.labels.input_json import input_values, read_input
from spanlake.storage.catalog.labels.tables import LABEL_SCHEMAS
from spanlake.storage.catalog.texts import check_name, check_prose

_LONGEST_NAME = 250
_LONGEST_INSTRUCTION = 4_000
_TYPES = ("feedback", "expectation")
_COLUMNS = LABEL_SCHEMAS.c


def create_label_schema(  # noqa: PLR0913  # all that can be said of one
    catalog: Catalog,
    name: str,
    *,
    type: LabelType,  # noqa: A002  # as MLflow's function of this name
    input: LabelInput,  # noqa: A002  # the same
    title: str | None = None,
    instruction: str | None = None,
    enable_comment: bool = False,
    overwrite: bool = False,
) -> LabelSchema:
    """Make a question, or with `overwrite` its next version; queues that have it keep theirs.

    Its type never changes, because assessments have its name. To make the very same again is
    harmless. Raises UserError.
    """
    _check(name, type, title, instruction)
    text = json_text(input_values(input), typed="input")
    with catalog.writing() as connection:
        last = _last(connection, name)
        if last is not None and last.type != type:
            raise UserError(
                f"type is {type!r}: must stay {last.type!r}, because answers to {name!r} are "
                f"{last.type} already; give the question another name"
            )
        said = (title, instruction, enable_comment, input)
        if last is not None and last.archived_at is None:
            if (last.title, last.instruction, last.enable_comment, last.input) == said:
                return last
            if not overwrite:
                raise UserError(
                    f"NAME is {name!r}: must be new, and there is such a question; choose another, "
                    "or overwrite it, which makes a new version"
                )
            connection.execute(
                update(LABEL_SCHEMAS)
                .where(_COLUMNS.schema_id == last.schema_id)
                .values(archived_at=datetime.now(UTC))
            )
        schema_id = f"s-{uuid4().hex}"
        connection.execute(
            insert(LABEL_SCHEMAS).values(
                schema_id=schema_id,
                name=name,
                version=1 if last is None else last.version + 1,
                type=type,
                title=title,
                instruction=instruction,
                enable_comment=enable_comment,
                input=text,
                created_at=datetime.now(UTC),
            )
        )
        return schemas_with_ids(connection, [schema_id])[0]


def list_label_schemas(catalog: Catalog) -> list[LabelSchema]:
    """The questions that can be asked, by name; of each the last version."""
    with catalog.reading() as connection:
        rows = connection.execute(
            select(LABEL_SCHEMAS).where(_COLUMNS.archived_at.is_(None)).order_by(_COLUMNS.name)
        )
        return [_schema(row) for row in rows]


def get_label_schema(catalog: Catalog, name: str) -> LabelSchema:
    """A question by its name, or by the id of a version. NotFoundError if there is none."""
    with catalog.reading() as connection:
        return find_schema(connection, name)


def delete_label_schema(catalog: Catalog, name: str) -> None:
    """Ask a question no more; queues that have it keep it, and so do answers. NotFoundError."""
    with catalog.writing() as connection:
        found = find_schema(connection, name)
        if found.archived_at is not None:
            raise _unknown(connection, name)
        connection.execute(
            update(LABEL_SCHEMAS)
            .where(_COLUMNS.schema_id == found.schema_id)
            .values(archived_at=datetime.now(UTC))
        )


def find_schema(connection: Connection, name: str) -> LabelSchema:
    """A question by its name, or by the id of a version. NotFoundError if there is none."""
    query = select(LABEL_SCHEMAS).where(
        (_COLUMNS.schema_id == name) | ((_COLUMNS.name == name) & _COLUMNS.archived_at.is_(None))
    )
    row = connection.execute(query.order_by(_COLUMNS.archived_at.is_not(None))).first()
    if row is None:
        raise _unknown(connection, name)
    return _schema(row)


def schemas_with_ids(connection: Connection, ids: list[str]) -> list[LabelSchema]:
    """These versions, in this order."""
    rows = connection.execute(select(LABEL_SCHEMAS).where(_COLUMNS.schema_id.in_(ids)))
    by_id = {row.schema_id: _schema(row) for row in rows}
    return [by_id[each] for each in ids]


def _last(connection: Connection, name: str) -> LabelSchema | None:
    newest = select(func.max(_COLUMNS.version)).where(_COLUMNS.name == name).scalar_subquery()
    query = select(LABEL_SCHEMAS).where(_COLUMNS.name == name, _COLUMNS.version == newest)
    row = connection.execute(query).first()
    return None if row is None else _schema(row)


def _schema(row: Row[Any]) -> LabelSchema:
    values = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's name for it
    return LabelSchema(**values | {"input": read_input(json_value(row.input))})


def _check(name: str, type_: str, title: str | None, instruction: str | None) -> None:
    check_name("NAME", name, longest=_LONGEST_NAME)
    if type_ not in _TYPES:
        raise UserError(f"type is {type_!r}: must be one of {', '.join(_TYPES)}; correct it")
    if title is not None:
        check_name("title", title, longest=_LONGEST_NAME)
    if instruction is not None:
        check_prose("instruction", instruction, longest=_LONGEST_INSTRUCTION)


def _unknown(connection: Connection, name: str) -> NotFoundError:
    rows = connection.execute(select(_COLUMNS.name).where(_COLUMNS.archived_at.is_(None)))
    near = get_close_matches(name, [row.name for row in rows], n=1)
    step = f"did you mean {near[0]!r}?" if near else "`spanlake schemas list` shows them"
    return NotFoundError(f"NAME is {name[:80]!r}: no question is called so; {step}")
