"""What the kernel holds a process to: memory, time, no writing, no other files, no network.

`read_only` is for Linux with Landlock; elsewhere what is left are DuckDB's own doors and the check
of the parse tree. It holds for the thread that asks and for those it starts later, so it comes
before DuckDB, which has threads of its own. Nothing heavy is imported here for that reason.
"""

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from spanlake.storage.files.object_path import ObjectPath

_PR_SET_NO_NEW_PRIVS = 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_CREATE_RULESET_VERSION = 1
_READ_FILE, _READ_DIR = 4, 8
# All that a version of Landlock can refuse: of files, and of TCP (since version 4).
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_VERSION = 4
_NET_RIGHTS = 0b11
_CONNECT = 0b10


def table_folders(root: Path) -> list[Path]:
    """The folders of a data directory that hold tables; its catalog is not in one."""
    if isinstance(root, ObjectPath):
        return [root]
    if not root.is_dir():
        return []
    return sorted(each for each in root.absolute().iterdir() if each.is_dir())


def limit_resources(*, memory: int) -> None:
    """No file may grow, and the process may have so much more memory than it has now.

    memory: bytes of address space.
    """
    sizes = Path("/proc/self/statm")
    if sizes.exists():
        held = int(sizes.read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + memory, held + memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu_time(seconds: int) -> None:
    """From here on the process ends when its threads have worked for so long."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def peak_memory() -> int:
    """The most bytes of memory that the process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def read_only(root: Path) -> bool:
    """From here on: read a data directory's tables and what Python is made of, and write nothing.

    A lake in a bucket is read over the network, so connections are left open.
    Returns whether the kernel keeps it so; False where it has no Landlock. Nothing can undo it.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    version = libc.syscall(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    if version < 1:
        return False
    files = max(rights for since, rights in _FILE_RIGHTS.items() if since <= version)
    is_remote = isinstance(root, ObjectPath)
    net = _NET_RIGHTS & ~_CONNECT if is_remote else _NET_RIGHTS
    attribute = struct.pack("<QQ", files, net)[: 16 if version >= _NET_VERSION else 8]
    ruleset = libc.syscall(_CREATE_RULESET, attribute, len(attribute), 0)
    if ruleset < 0:
        return False
    try:
        places = _of_network() if is_remote else {root, *table_folders(root)}
        for place in {*places, *_of_python()}:
            _allow(libc, ruleset, place, _READ_DIR if place == root else _READ_FILE | _READ_DIR)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _of_python() -> Iterable[Path]:
    """Where modules and libraries are that may yet be loaded."""
    names = [sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64", *sys.path]
    # How much memory and how many processors there are, which DuckDB does not start without.
    names += [f"/proc/self/{name}" for name in ("statm", "cgroup", "mountinfo")]
    names += ["/proc/meminfo", "/proc/cpuinfo", "/sys/fs/cgroup", "/sys/devices/system/cpu"]
    return {Path(name).resolve() for name in names if name}


def _of_network() -> Iterable[Path]:
    """What a connection to a bucket's server is made with."""
    names = ("ssl", "pki", "ca-certificates", "resolv.conf", "hosts", "nsswitch.conf", "gai.conf")
    return {Path("/etc", name).resolve() for name in names}


def _allow(libc: ctypes.CDLL, ruleset: int, place: Path, rights: int) -> None:
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it is not there
        return
    try:
        granted = rights if place.is_dir() else rights & _READ_FILE
        rule = struct.pack("<Qi", granted, handle)
        libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(handle)
