"""What makes a program start sooner: no search for garbage while it loads, and no pandas."""

import atexit
import gc
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_USUAL = gc.get_threshold()
# What is loaded stays: to look through it again and again takes a quarter of the time.
_RARELY = (100_000, *_USUAL[1:])


def collect_rarely() -> None:
    """Let a program look for garbage only after a hundred thousand new objects."""
    gc.set_threshold(*_RARELY)


def collect_as_usual() -> None:
    """Let a program that stays look for garbage as others do, but not in what is there by now."""
    gc.freeze()
    # At the end it is looked at again, or DuckDB's binding takes it for leaked, and says so.
    atexit.register(gc.unfreeze)
    gc.set_threshold(*_USUAL)


def leave_pandas_out() -> None:
    """Let pyarrow believe that there is no pandas until somebody asks for a data frame.

    With the first list that becomes an array pyarrow loads pandas, half a second of it, to tell a
    list from a Series. `to_pandas` and `from_pandas` look for it again and find it.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(finder)


class _NoPandas(MetaPathFinder):
    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)
        return None
