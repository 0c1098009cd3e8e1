"""The C library's memory allocator, told to keep what a busy server frees, and to give it back.

glibc returns every large block to the kernel at once and asks for it again a moment later, zeroed
and page by page. Decoding frees and takes such blocks for every group of requests. What it keeps
it never returns from within its heaps, of which each thread has one: that is asked for now and
again, as else the holes of one thread grow beside what another one takes.
"""

import ctypes

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_KEEP_BYTES = 256 << 20
# Larger ones glibc does not accept; blocks above it still come from the kernel, one by one.
_LARGEST_KEPT_BLOCK = 32 << 20


def keep_freed_memory() -> None:
    """Let the process keep up to 256 MiB that it has freed. Without glibc this does nothing."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BLOCK)
    mallopt(_M_TRIM_THRESHOLD, _KEEP_BYTES)


def return_freed_memory() -> None:
    """Give the kernel all pages that are free now. Without glibc this does nothing."""
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return
    malloc_trim(0)
