"""What commands print: for people through rich, for programs as exact bytes on stdout."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

DataOption = Annotated[
    str | None,
    typer.Option(
        "--data", help="Data directory.", show_default="$SPANLAKE_DATA or ./spanlake-data"
    ),
]
FormatOption = Annotated[
    Literal["table", "json"], typer.Option("--format", help="For people, or one JSON array.")
]
OutputOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write there.", show_default="stdout"),
]

# Without a terminal there is no width to keep to; what is read in a pager or a log has this much.
_PIPED_WIDTH = 160
# Codes that move the cursor, colour or hide text, or turn the direction of reading around.
_UNPRINTABLE = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], None
)
_SPACES = dict.fromkeys(map(ord, "\t\n\v\f\r\u2028\u2029"), " ")


def printable(text: str) -> str:
    """Make one line of text from outside that does nothing to a terminal but show itself."""
    return text.translate(_UNPRINTABLE | _SPACES)


def console(*, stderr: bool = False) -> "Console":
    """The console to print for people on, as wide as the terminal."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.width = max(made.width, _PIPED_WIDTH)
    return made


def print_json(rows: Sequence[object]) -> None:
    """Print one JSON array to stdout. rows: dataclasses, mappings or plain values."""
    import orjson

    text = orjson.dumps(list(rows), option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
    sys.stdout.buffer.write(text)
    sys.stdout.flush()


@contextlib.contextmanager
def output_file(path: Path | None, *, binary: bool = False) -> Iterator[IO[bytes]]:
    """Open what `-o` names, `-` or None being stdout; a file appears whole or not at all.

    binary: what will be written is not for eyes, so that a terminal is refused.
    """
    if path is None or str(path) == "-":
        if binary and sys.stdout.isatty():
            raise UserError(
                "stdout is a terminal, and this format is binary; name a file with -o, or pipe it"
            )
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    try:
        with _written(path) as file:
            yield file
    except OSError as error:
        raise UserError(
            f"-o is {path}: cannot be written ({error.strerror or error}); name another file"
        ) from None


@contextlib.contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    if path.exists() and not path.is_file():  # a device or a pipe
        with path.open("wb") as file:
            yield file
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("xb") as file:
            yield file
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
