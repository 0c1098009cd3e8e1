"""polars as `pl`, loaded with its first use: half a second that most servers never need.

An annotation that names it is quoted, or defining the function would be such a use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
else:

    class _Polars:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever polars has by that name
            return getattr(import_module("polars"), name)

    pl = _Polars()

__all__ = ["pl"]
