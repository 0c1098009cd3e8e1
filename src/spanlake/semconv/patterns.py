"""Patterns over columns of text."""

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# Arrow compiles a pattern at every call, which takes as long as matching this many texts in Python.
_FEW = 24


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def matches(texts: pa.StringArray, pattern: str) -> npt.NDArray[np.bool_]:
    """Which texts a pattern is found in, one that RE2 and `re` read alike; null is none."""
    if len(texts) <= _FEW:
        search = _compiled(pattern).search
        return np.array([text is not None and bool(search(text)) for text in texts.to_pylist()])
    found = pc.match_substring_regex(texts, pattern)
    mask: npt.NDArray[np.bool_] = found.fill_null(False).to_numpy(zero_copy_only=False)
    return mask
