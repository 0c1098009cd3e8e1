"""What Alembic runs for every command; the connection is `migrate`'s, and so is its transaction.

The next migration is a module like the last one in `versions`; `migrate.NEWEST` names it, and
`new_catalog.sql` has what it leaves.
"""

from alembic import context

from spanlake.storage.catalog import (  # part of METADATA
    access_tables,  # noqa: F401
    dataset_tables,  # noqa: F401
    run_tables,  # noqa: F401
    saved_query_tables,  # noqa: F401
    version_tables,  # noqa: F401
)
from spanlake.storage.catalog.labels import tables as label_tables  # noqa: F401  # the same
from spanlake.storage.catalog.migrate import VERSION_TABLE
from spanlake.storage.catalog.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # SQLite changes a table by copying it.
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
