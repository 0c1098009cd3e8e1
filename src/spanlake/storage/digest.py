"""A Parquet file carries the digest of its own bytes: Parquet itself protects none of them.

The footer has a place for it, `spanlake.digest`, that holds zeros while the digest is taken. So the
name of a file says nothing of its content, and a file and its digest are published as one.
"""

import hashlib
from pathlib import Path
from typing import IO

import pyarrow as pa

from spanlake.errors import SpanlakeError

DIGEST_KEY = b"spanlake.digest"
_SIZE = 16
DIGEST_PLACEHOLDER = b"0" * (2 * _SIZE)
"""What a file's metadata holds under `DIGEST_KEY` until `with_digest` puts the digest there."""
# How Thrift's compact protocol joins the two.
_MARK = DIGEST_KEY + b"\x18" + bytes([len(DIGEST_PLACEHOLDER)])
_TAIL = 8  # the footer's length, and the magic number
_CHUNK = 1 << 20


class DigestError(SpanlakeError):
    """The bytes of a file are not those that were once published, or name no digest."""


def with_digest(content: pa.Buffer) -> pa.Buffer:
    """The bytes of a Parquet file with the digest in its place."""
    found = _place(memoryview(content))
    digest = hashlib.blake2b(content, digest_size=_SIZE).hexdigest().encode()
    return pa.py_buffer(b"".join((content[:found], digest, content[found + len(digest) :])))


def write_digest(path: Path) -> None:
    """Put the digest into a file that is not published yet; the change is not durable."""
    with path.open("r+b") as file:
        place = _place_in(file, path)
        digest = _digest(file, place)
        file.seek(place)
        file.write(digest)


def check_digest(path: Path) -> None:
    """Compare a file with the digest it carries; it is read whole.

    Raises DigestError when it is not as it was published, OSError when it cannot be read.
    """
    with path.open("rb") as file:
        place = _place_in(file, path)
        file.seek(place)
        told = file.read(len(DIGEST_PLACEHOLDER))
        if _digest(file, place) != told:
            raise DigestError(f"{path}: the digest is not that of the content")


def _digest(file: IO[bytes], place: int) -> bytes:
    """The digest of a file's bytes with zeros in its place."""
    summed = hashlib.blake2b(digest_size=_SIZE)
    file.seek(0)
    rest = place
    while rest and (chunk := file.read(min(rest, _CHUNK))):
        summed.update(chunk)
        rest -= len(chunk)
    summed.update(DIGEST_PLACEHOLDER)
    file.seek(place + len(DIGEST_PLACEHOLDER))
    while chunk := file.read(_CHUNK):
        summed.update(chunk)
    return summed.hexdigest().encode()


def _place_in(file: IO[bytes], path: Path) -> int:
    """Where the digest stands in a file."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little") + _TAIL
    if len(tail) < _TAIL or length > size:
        raise DigestError(f"{path}: the end is not that of a Parquet file")
    file.seek(size - length)
    try:
        return size - length + _place(memoryview(file.read(length)))
    except DigestError as error:
        raise DigestError(f"{path}: {error}") from None


def _place(content: memoryview) -> int:
    """Where the digest stands among bytes that end with the footer."""
    footer = int.from_bytes(content[-_TAIL:-4], "little") + _TAIL
    start = max(0, len(content) - footer)
    found = bytes(content[start:]).rfind(_MARK)
    if found < 0:
        raise DigestError("it names no digest")
    return start + found + len(_MARK)
