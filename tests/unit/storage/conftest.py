from pathlib import Path
from typing import Any

import pytest
from rows import Ask

from spanlake.storage.lake import Lake


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Answer a query over what the test has written."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        with Lake(tmp_path) as lake:
            return lake.sql(query).fetchall()

    return ask
