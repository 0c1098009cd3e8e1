"""A lake's life in one process, to be recorded: commits, sealing, merging, deletion, cleaning.

Arguments: the data directory, and a file to which a line is written when a step has been
acknowledged; in a record of system calls that line is the moment from which it has to last.
"""

import os
import sys
from pathlib import Path

from dying import do_upkeep
from rows import Row, span, write

COMMITS, SPANS = 8, 6
DOOMED = "d" * 32
SEALED_AFTER = {1, 3, 5}
CLOSING = ("compact", "delete", "tidy")
_PADDING = "what was said, at some length. " * 40


def rows_of(commit: int) -> list[Row]:
    """The rows of one commit; the first one is of the trace that is deleted in the end."""
    return [
        span(
            f"{commit:08x}{number:08x}",
            trace_id=DOOMED if number == 0 else f"{commit:032x}",
            start_ms=commit * SPANS + number,
            input=f"{commit} {number} {_PADDING}",
        )
        for number in range(SPANS)
    ]


def main() -> None:
    """Live it, and write down each step that is done."""
    data = Path(sys.argv[1])
    said = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(step: str) -> None:
        os.write(said, f"{step}\n".encode())

    for commit in range(COMMITS):
        write(data, *rows_of(commit))
        say(f"commit {commit}")
        if commit in SEALED_AFTER:
            do_upkeep(data, ["seal"], DOOMED)
            say("seal")
    for work in CLOSING:
        do_upkeep(data, [work], DOOMED)
        say(work)


if __name__ == "__main__":
    main()
