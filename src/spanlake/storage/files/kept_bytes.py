"""Contents that were read, the most recently used of them, up to a size."""

import threading
from collections import OrderedDict
from collections.abc import Hashable


class KeptBytes:
    """capacity: bytes of all contents. Thread-safe."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._contents: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> bytes | None:
        """What was added under this key, if it is still there."""
        with self._lock:
            content = self._contents.get(key)
            if content is not None:
                self._contents.move_to_end(key)
            return content

    def add(self, key: Hashable, content: bytes) -> None:
        """Keep a content, and let go of what was used longest ago."""
        with self._lock:
            self._size += len(content) - len(self._contents.pop(key, b""))
            self._contents[key] = content
            while self._size > self._capacity:
                _, oldest = self._contents.popitem(last=False)
                self._size -= len(oldest)
