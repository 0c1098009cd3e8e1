from collections.abc import Iterator

import pytest
from recorded import Recorded, recording


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """The spans of this test."""
    with recording() as recorded:
        yield recorded
