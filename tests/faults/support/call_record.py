"""Runs a program under strace, and reads which changes it asked of the disk, in their order."""

import codecs
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

_CALLS = (
    "openat,creat,close,dup,dup2,dup3,lseek,write,pwrite64,writev,pwritev,ftruncate,truncate,"
    "fallocate,copy_file_range,sendfile,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,"
    "link,linkat,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir"
)
# Calls that would change a file in a way that the model of the disk does not know.
_UNKNOWN = {"writev", "pwritev", "truncate", "fallocate", "copy_file_range", "sendfile"}
_OF_PATHS = {
    *("openat", "creat", "rename", "renameat", "renameat2", "link", "linkat", "symlinkat"),
    *("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir"),
}
_LINE = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_UNFINISHED = re.compile(r"^(?P<pid>\d+) +(?P<begun>.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)$")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_LONGEST = 1 << 26


class Write(NamedTuple):
    """Bytes that come to stand somewhere in a file."""

    inode: int
    at: int
    content: bytes


class Truncate(NamedTuple):
    """A file gets this size."""

    inode: int
    size: int


class Sync(NamedTuple):
    """What was asked of a file so far is durable on return."""

    inode: int


class Name(NamedTuple):
    """A name in a folder comes to mean this inode; None is none. Both names of a rename are one."""

    changes: tuple[tuple[str, int | None], ...]
    folders: frozenset[str]


class SyncFolder(NamedTuple):
    """What was named in a folder so far is durable on return."""

    path: str


class Folder(NamedTuple):
    """A folder is made (or removed)."""

    path: str
    exists: bool


class Said(NamedTuple):
    """The program says that a step is done."""

    step: str


Change = Write | Truncate | Sync | Name | SyncFolder | Folder | Said


@dataclass(slots=True)
class _Open:
    """An open file: its inode, or the folder's path, and where it is read and written."""

    path: str
    inode: int | None
    at: int = 0
    appends: bool = False


@dataclass(slots=True)
class _Reader:
    """Follows the calls of one process with all its threads."""

    root: str
    said: str
    files: dict[int, _Open] = field(default_factory=dict)
    inodes: dict[str, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    made: int = 0

    def changes(self, call: str, arguments: str, result: int) -> Iterator[Change]:
        """What one call, that went well, changes."""
        texts = [_decoded(text) for text in _STRING.findall(arguments)]
        if call in _OF_PATHS:
            paths = [text.decode() for text in texts]
            # A rename is ours when it brings something in.
            if paths[-1] == self.said or self._ours(paths[-1]):
                yield from self._named(call, paths, arguments, result)
        elif (file := self.files.get(_first(arguments))) is not None:
            yield from self._filed(call, file, arguments, result)
            if call in {"write", "pwrite64"}:
                yield from self._written(call, file, arguments, texts[0][:result])

    def _named(self, call: str, paths: list[str], arguments: str, result: int) -> Iterator[Change]:
        """A call that names files or folders."""
        match call:
            case "openat":
                yield from self._opened(paths[0], arguments, result)
            case "rename" | "renameat" | "renameat2":
                inode = self.inodes.pop(paths[0])
                self.inodes[paths[1]] = inode
                yield _naming((paths[0], None), (paths[1], inode))
            case "link" | "linkat":
                self.inodes[paths[1]] = self.inodes[paths[0]]
                yield _naming((paths[1], self.inodes[paths[1]]))
            case "mkdir" | "mkdirat":
                yield Folder(paths[0], exists=True)
            case _ if call == "rmdir" or "AT_REMOVEDIR" in arguments:
                yield Folder(paths[0], exists=False)
            case _ if self.inodes.pop(paths[0], None) is not None:
                yield _naming((paths[0], None))

    def _filed(self, call: str, file: _Open, arguments: str, result: int) -> Iterator[Change]:
        """A call about an open file, but for what it writes."""
        match call:
            case "close":
                del self.files[_first(arguments)]
            case "dup" | "dup2" | "dup3":
                self.files[result] = file
            case "lseek":
                file.at = result
            case "ftruncate" if file.inode is not None:
                self.sizes[file.inode] = int(arguments.rpartition(",")[2])
                yield Truncate(file.inode, self.sizes[file.inode])
            case "fsync" | "fdatasync":
                yield SyncFolder(file.path) if file.inode is None else Sync(file.inode)
            case _ if call in _UNKNOWN:
                raise AssertionError(f"the model of the disk knows no {call}: {arguments[:200]}")

    def _ours(self, path: str) -> bool:
        return path == self.root or path.startswith(f"{self.root}/")

    def _opened(self, path: str, arguments: str, descriptor: int) -> Iterator[Change]:
        is_file = path in self.inodes or "O_CREAT" in arguments
        if path == self.said or not is_file:
            self.files[descriptor] = _Open(path, None)
            return
        if path not in self.inodes:
            self.made += 1
            self.inodes[path] = self.made
            self.sizes[self.made] = 0
            yield _naming((path, self.made))
        inode = self.inodes[path]
        if "O_TRUNC" in arguments and self.sizes[inode]:
            self.sizes[inode] = 0
            yield Truncate(inode, 0)
        self.files[descriptor] = _Open(path, inode, appends="O_APPEND" in arguments)

    def _written(self, call: str, file: _Open, arguments: str, content: bytes) -> Iterator[Change]:
        if file.path == self.said:
            yield Said(content.decode().strip())
            return
        assert file.inode is not None, file.path
        at = int(arguments.rpartition(",")[2]) if call == "pwrite64" else file.at
        if file.appends:
            at = self.sizes[file.inode]
        if call == "write":
            file.at = at + len(content)
        self.sizes[file.inode] = max(self.sizes[file.inode], at + len(content))
        yield Write(file.inode, at, content)


def record(program: str, data: Path, place: Path, environment: Mapping[str, str]) -> list[Change]:
    """Run `program DATA SAID` under strace; what it asked of the disk below `data`."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed: run `just slow-tools`")
    log, said = place / "calls", place / "said"
    command = [found, "-f", "-q", "-xx", "-s", str(_LONGEST), "--seccomp-bpf"]
    command += ["-e", f"trace={_CALLS}", "-o", str(log)]
    traced = [sys.executable, program, str(data), str(said)]
    done = subprocess.run(
        [*command, *traced],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    if "ptrace" in done.stderr and done.returncode:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return list(_changes(log, _Reader(str(data), str(said))))


def _changes(log: Path, reader: _Reader) -> Iterator[Change]:
    begun: dict[str, str] = {}
    with log.open(encoding="ascii") as lines:
        for raw in lines:
            line = raw.rstrip("\n")
            if unfinished := _UNFINISHED.match(line):
                begun[unfinished["pid"]] = unfinished["begun"]
                continue
            if resumed := _RESUMED.match(line):
                line = f"{resumed['pid']} {begun.pop(resumed['pid'])}{resumed['rest']}"
            call = _LINE.match(line)
            if call is not None and int(call["result"]) >= 0:
                yield from reader.changes(call["call"], call["arguments"], int(call["result"]))


def _naming(*changes: tuple[str, int | None]) -> Name:
    return Name(changes, frozenset(path.rpartition("/")[0] for path, _ in changes))


def _decoded(text: str) -> bytes:
    return codecs.escape_decode(text)[0] if text else b""


def _first(arguments: str) -> int:
    number = re.match(r"-?\d+", arguments)
    return int(number[0]) if number else -1
