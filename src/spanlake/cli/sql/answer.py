"""Answers to queries: as a table for people, or in a format for programs."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event, current_thread, main_thread
from typing import TypeVar

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from spanlake.cli.output import console, output_file, printable
from spanlake.quantities import counted
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors, run_query
from spanlake.storage.results.formats import Preview, ResultFormat, preview, write_result

MAX_ROWS = 1000
_NULL = "NULL"
_BORDER = 3
_MOMENT = 0.1  # seconds
# What is wider than this can be cut, and still says something.
_ENOUGH = 16

_T = TypeVar("_T")


def print_table(lake: Lake, query: str) -> None:
    """Print the first rows of an answer, and how many there are."""

    def answer() -> Preview:
        relation = run_query(lake, query)
        with query_errors(lake, query):
            return preview(relation, limit=MAX_ROWS)

    found = _interruptible(lake, answer)
    screen = console()
    widths = _fitting(found, screen.width)
    screen.print(_table(found, widths))
    screen.print(Text(_footer(found, len(widths)), style="dim"))


def write_answer(lake: Lake, query: str, output_format: ResultFormat, output: Path | None) -> None:
    """Write a whole answer to a file, or to stdout for None."""

    def answer() -> None:
        relation = run_query(lake, query)
        is_binary = output_format in {"parquet", "arrow"}
        with output_file(output, binary=is_binary) as file, query_errors(lake, query):
            write_result(relation, output_format, file)

    _interruptible(lake, answer)


def _interruptible(lake: Lake, work: Callable[[], _T]) -> _T:
    """Do something with the lake that Ctrl-C ends, with InterruptedQueryError.

    DuckDB does not look for signals, and Python delivers them to the main thread alone.
    """
    with _ctrl_c() as pressed, ThreadPoolExecutor(1) as pool:
        doing = pool.submit(work)
        while not doing.done():
            wait([doing], _MOMENT)
            # Again and again: what it interrupts may not have begun.
            if pressed.is_set():
                lake.interrupt()
        return doing.result()


@contextmanager
def _ctrl_c() -> Iterator[Event]:
    """Whether Ctrl-C was pressed meanwhile; as an exception it could come between any two lines."""
    pressed = Event()
    if current_thread() is not main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _fitting(found: Preview, width: int) -> list[int]:
    """The least widths of as many columns as fit: of narrow ones all, of wide ones a part."""
    widths: list[int] = []
    left = width
    for at, name in enumerate(found.columns):
        needed = max(cell_len(printable(text or _NULL)) for text in _texts(found, at, name))
        least = min(needed, _ENOUGH)
        left -= least + _BORDER
        if left < 0 and widths:
            break
        widths.append(least)
    return widths


def _texts(found: Preview, at: int, name: str) -> list[str | None]:
    return [name, *(row[at] for row in found.rows)]


def _table(found: Preview, widths: list[int]) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for name, is_numeric, width in zip(found.columns, found.numeric, widths, strict=False):
        table.add_column(
            _one_line(name), justify="right" if is_numeric else "left", min_width=width
        )
    for row in found.rows:
        table.add_row(*map(_cell, row[: len(widths)]))
    return table


def _one_line(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style, no_wrap=True, overflow="ellipsis")


def _cell(value: str | None) -> Text:
    return _one_line(_NULL, "dim") if value is None else _one_line(value)


def _footer(found: Preview, shown: int) -> str:
    rows = counted(len(found.rows), "row")
    if not found.is_all:
        rows = f"the first {rows}; --format csv prints all"
    if shown == len(found.columns):
        return rows
    return f"{rows}; {shown} of {len(found.columns)} columns: name those you want, or --format json"
