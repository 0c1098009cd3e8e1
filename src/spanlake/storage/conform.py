"""Rows of an older or a sealed file with the columns that a table has today."""

import pyarrow as pa


def conformed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows with every column of the schema, null where they had none, and theirs beyond it.

    pa.ArrowInvalid for values that their type cannot hold.
    """
    stored = set(rows.column_names)
    columns = [
        rows[field.name] if field.name in stored else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    conformed = pa.table(columns, names=schema.names).cast(schema)
    for name in sorted(stored.difference(schema.names)):
        conformed = conformed.append_column(rows.field(name), rows[name])
    return conformed
