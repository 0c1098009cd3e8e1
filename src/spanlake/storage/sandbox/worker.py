"""The process that answers queries, one after another. It takes a second to start.

On stdin, a line of JSON that says where the lake is, and then one with each query:

    {"root": "...", "memory": 1073741824, "seconds": 30}
    {"query": "FROM traces", "format": "page", "max_rows": 1000}

On stdout `{"ready": true}`, once it can begin. For each query `{"needs": ["experiments"]}` for what
it cannot read itself, and is then sent as `{"experiments": "[{...}]"}`; and `{"ok": true}` or
`{"ok": false, "error": "..."}`. After `{"ok": true}` comes the answer in pieces, each behind its
length as four bytes; none of length zero but the last. An answer without it is not whole. Then
`{"again": true}` says that the process can take another query; else it ends.
"""

import ctypes
import json
import signal
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any, cast

from spanlake.storage.files.object_path import path_of
from spanlake.storage.sandbox.jail import read_only

if TYPE_CHECKING:
    import duckdb

    from spanlake.storage.sandbox.session import Sandbox

_PR_SET_PDEATHSIG = 1
# Characters of a cell, and of all cells, that a page shows; a download has everything.
_MAX_CELL = 1_000
_MAX_PAGE = 3_000_000
_PIECE = 1 << 16


def main() -> None:
    """Answer queries until there are no more, or one has used up the process."""
    if sys.platform == "linux":  # it does not outlive the server
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    told = _read_line()
    if told is None:
        return
    root = path_of(told["root"])
    read_only(root)
    # Only now: what has threads shall start them behind closed doors.
    from spanlake.storage.sandbox.session import Sandbox

    sandbox = Sandbox(root, memory=told["memory"], seconds=told["seconds"])
    _write_line({"ready": True})
    while (asked := _read_line()) is not None:
        _answer(sandbox, asked, _Answer(sys.stdout.buffer))
        again = sandbox.is_fit
        _write_line({"again": again})
        if not again:
            return


def _answer(sandbox: "Sandbox", asked: dict[str, Any], answer: "_Answer") -> None:
    import duckdb

    from spanlake.errors import UserError
    from spanlake.storage.results.formats import write_result

    try:
        relation = sandbox.run(asked["query"], _fetch)
        if asked["format"] == "page":
            answer.write(json.dumps(_page(relation, asked["max_rows"])).encode())
        else:
            sink = cast("IO[bytes]", answer)
            write_result(relation.limit(asked["max_rows"]), asked["format"], sink)
        answer.end()
    except (duckdb.OutOfMemoryException, MemoryError):
        answer.fail("the query needs more memory than one may have; ask for less at a time")
    except duckdb.InterruptException:
        answer.fail("the query took too long; ask for less, such as a shorter time")
    except (duckdb.Error, UserError, OSError) as error:
        said = " ".join(str(error).split())
        is_late = "max_execution_time" in said
        answer.fail("the query took too long; ask for less" if is_late else said)


def _fetch(names: Sequence[str]) -> dict[str, str]:
    """What the process outside has of these views."""
    _write_line({"needs": list(names)})
    return _read_line() or {}


def _write_line(message: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def _read_line() -> dict[str, Any] | None:
    line = sys.stdin.buffer.readline()
    message: dict[str, Any] | None = json.loads(line) if line else None
    return message


def _page(relation: "duckdb.DuckDBPyRelation", max_rows: int) -> dict[str, object]:
    """The first rows as text, as many as a page bears."""
    from spanlake.storage.results.formats import preview

    found = preview(relation, limit=max_rows)
    rows: list[list[str | None]] = []
    size = 0
    for row in found.rows:
        cells = [_cut(cell) for cell in row]
        size += sum(len(cell or "") for cell in cells)
        if size > _MAX_PAGE:
            break
        rows.append(cells)
    return {
        "columns": found.columns,
        "types": [str(kind) for kind in relation.types],
        "numeric": found.numeric,
        "rows": rows,
        "is_all": found.is_all and len(rows) == len(found.rows),
    }


def _cut(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= _MAX_CELL else cell[:_MAX_CELL] + "…"


class _Answer:
    """Where the answer goes; the line about it goes first, once it is known that there is one."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self._waiting = bytearray()
        self._is_started = False
        self.closed = False

    def write(self, data: bytes) -> int:
        """A part of the answer."""
        self._waiting += data
        if len(self._waiting) >= _PIECE:
            self._send()
        return len(data)

    def end(self) -> None:
        """Say that this was all."""
        self._send()
        self._sink.write(_length(0))
        self._sink.flush()

    def fail(self, reason: str) -> None:
        """Say that there is none; an answer that has begun ends without its end."""
        if self._is_started:
            self._sink.flush()
            raise SystemExit(1)
        self._sink.write(json.dumps({"ok": False, "error": reason}).encode() + b"\n")

    def writable(self) -> bool:
        """As file objects say it."""
        return True

    def flush(self) -> None:
        """Nothing waits for long."""

    def _send(self) -> None:
        if not self._is_started:
            self._is_started = True
            self._sink.write(b'{"ok": true}\n')
        if self._waiting:
            self._sink.write(_length(len(self._waiting)))
            self._sink.write(self._waiting)
            self._waiting = bytearray()


def _length(size: int) -> bytes:
    return size.to_bytes(4, "big")


if __name__ == "__main__":
    main()
