from pathlib import Path
from typing import Any

import pytest
from bills import Bill, BillOf, bill
from rows import Ask, Row, write

from spanlake.storage.lake import Lake


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Answer a query over what the test has written."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        with Lake(tmp_path) as lake:
            return lake.sql(query).fetchall()

    return ask


@pytest.fixture
def bill_of(tmp_path: Path) -> BillOf:
    """Commit spans and return the bill of trace `t`."""

    def bill_of(*rows: Row) -> Bill:
        write(tmp_path, *rows)
        return bill(tmp_path, "t")

    return bill_of
