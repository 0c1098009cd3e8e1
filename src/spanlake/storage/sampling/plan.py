"""The judgement that is being carried out, on the disk before anything is changed.

Who comes after a crash does the rest of it, by what was decided then: nothing is judged by half of
itself, or by another rule.
"""

import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.storage.digest import DigestError, check_digest
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.sampling.judge import PLAN

_FOLDER, _FILE = "sampling", "plan.parquet"


def write_plan(layout: Layout, plan: pa.Table) -> None:
    """Put a plan down, at once and durably. Raises OSError."""
    layout.store.make_folder(layout.root / _FOLDER)
    content = encode(plan, [], compression_level=3)
    layout.store.replace(layout.root / _FOLDER / _FILE, content.to_pybytes())


def read_plan(layout: Layout) -> pa.Table | None:
    """The plan that was not carried out to its end; None where there is none.

    One that is damaged goes: the traces it was about are judged again. Raises OSError.
    """
    path = layout.root / _FOLDER / _FILE
    try:
        check_digest(path)
        return pq.read_table(layout.store.arrow_source(path), schema=PLAN)
    except FileNotFoundError:
        return None
    except (DigestError, pa.ArrowInvalid):
        forget_plan(layout)
        return None


def forget_plan(layout: Layout) -> None:
    """Say that a plan has been carried out."""
    (layout.root / _FOLDER / _FILE).unlink(missing_ok=True)
    layout.store.settle(layout.root / _FOLDER)
