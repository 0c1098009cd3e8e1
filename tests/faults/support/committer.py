"""A program that makes three commits, each until it is made, and prints a line for each.

Its argument is the data directory; the tests run it where system calls fail.
"""

import sys
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from spanlake.storage.hot import CommitError, HotWriter
from spanlake.storage.layout import Layout

TABLE = "spans"
CONTENTS = [bytes([number]) * 50_000 for number in range(3)]
_ATTEMPTS = 5


def main() -> None:
    """Make the commits, and say of each that it is made."""
    with HotWriter(Layout(Path(sys.argv[1]))) as writer:
        writer.open_table(TABLE)
        for number, content in enumerate(CONTENTS):
            for _ in range(_ATTEMPTS):
                with suppress(CommitError):
                    writer.commit(TABLE, pa.py_buffer(content))
                    print(number, flush=True)  # noqa: T201  # what it is for
                    break


if __name__ == "__main__":
    main()
