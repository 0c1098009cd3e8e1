"""What a transform takes and gives."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

NO_TEXT = pa.scalar(None, pa.string())


class Transformed(NamedTuple):
    """n values, null where there is none, and the reasons for some of the nulls by row.

    changed: which values are not the text itself; None when it does not matter.
    """

    values: pa.Array
    failures: dict[int, str]
    changed: npt.NDArray[np.bool_] | None = None


Transform = Callable[[pa.StringArray], Transformed]
