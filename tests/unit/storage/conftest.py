from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from bills import Bill, BillOf, bill
from rows import Ask, Row, write

from spanlake.storage.lake import Lake


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Ask]:
    """Answer a query over what the test has written by then. The lake is opened once: it costs."""
    with ExitStack() as opened:

        @cache
        def lake() -> Lake:
            return opened.enter_context(Lake(tmp_path))

        yield lambda query: lake().sql(query).fetchall()


@pytest.fixture
def bill_of(tmp_path: Path) -> BillOf:
    """Commit spans and return the bill of trace `t`."""

    def bill_of(*rows: Row) -> Bill:
        write(tmp_path, *rows)
        return bill(tmp_path, "t")

    return bill_of
