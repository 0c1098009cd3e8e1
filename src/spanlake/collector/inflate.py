"""Decompression that cannot be made to fill the memory, nor to take for ever."""

import zlib

from spanlake.errors import MalformedError, TooLargeError

_GZIP = 31  # zlib's word for a gzip wrapper with the largest window
_INPUT_STEP = 64 << 10
_OUTPUT_STEP = 1 << 20
# Each member costs its own start, however little is in it; real ones hold kilobytes.
_MAX_MEMBERS = 10_000


def gunzip(body: bytes, *, limit: int) -> bytes:
    """Decompress gzip of one or more members.

    limit: bytes at most, of the result. Raises TooLargeError or MalformedError.
    """
    view = memoryview(body)
    pieces: list[bytes] = []
    at = size = 0
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        while not member.eof:
            given = view[at : at + _INPUT_STEP]
            try:
                piece = member.decompress(given, _OUTPUT_STEP)
            except zlib.error as error:
                raise _malformed(f"the body is not: {error}") from None
            if not given and not piece:
                raise _malformed("the body is cut short")
            at += len(given) - len(member.unconsumed_tail) - len(member.unused_data)
            size += len(piece)
            if size > limit:
                raise TooLargeError(f"the body is over {limit} bytes after decompression")
            pieces.append(piece)
        if at == len(body):
            return b"".join(pieces)
    raise _malformed(f"the body has over {_MAX_MEMBERS} members; send it as one")


def _malformed(finding: str) -> MalformedError:
    return MalformedError(f"Content-Encoding is gzip, but {finding}")
