"""Upkeep of a lake in a bucket: sums, retention, and damage that is found and put aside."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from object_stores import MotoServer
from rows import NOON_NS, span, write

from spanlake.storage.files.stores import store_of
from spanlake.storage.inventory import take_inventory
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.quarantine import quarantined
from spanlake.storage.retention import Retention, retain
from spanlake.storage.snapshot import TableReader
from spanlake.storage.upkeep import Upkeep
from spanlake.storage.verify import verify

DAY_MS = 86_400_000
NOON = datetime.fromtimestamp(NOON_NS / 1e9, UTC)


def quiet(done: int, total: int) -> None:
    """Show nobody how far it is."""


def day_of_spans(day: int) -> list[dict[str, object]]:
    moment = day * DAY_MS
    return [
        dict(span(f"{day}{n}", trace_id=f"{day:032x}", start_ms=moment, received_ms=moment))
        for n in range(3)
    ]


def counts(root: Path) -> tuple[int, int]:
    """How many spans and traces there are."""
    with Lake(root) as lake:
        ((spans,),) = lake.sql("SELECT count(*) FROM spans").fetchall()
        ((traces,),) = lake.sql("SELECT count(*) FROM traces").fetchall()
    return spans, traces


def test_a_bucket_is_kept(moto: MotoServer) -> None:
    """Sums are right, old days go, and an object with a flipped bit is told of and put aside."""
    root = moto.new_lake()
    layout = Layout(root)
    write(root, *day_of_spans(0), *day_of_spans(5))
    upkeep = Upkeep(layout)
    upkeep.run("spans")
    assert upkeep.sum_up() == 2
    assert upkeep.tidy("spans", hot_grace=-1.0).hot == 1
    assert upkeep.run("spans").sealed.files == 0
    write(root, *day_of_spans(5))
    assert counts(root) == (9, 2)
    stored = take_inventory(layout)
    assert (stored.files, stored.rows) == (3, 9)
    assert stored.newest_received == NOON + timedelta(days=5)

    policy = Retention(max_age=timedelta(days=2))
    done = retain(layout, policy, now=NOON + timedelta(days=5), progress=quiet)
    assert done.rows["spans"] == 3
    assert counts(root) == (6, 1)

    (sealed,) = TableReader(layout, "spans").snapshot().sealed_paths
    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 1
    store_of(root).replace(sealed, bytes(content))
    (damage,) = verify(layout, progress=quiet).damage
    assert (damage.path, damage.rows) == (sealed, 3)
    assert damage.aside is not None
    assert damage.aside.read_bytes() == content
    assert quarantined(root) == [sealed.relative_to(root).as_posix()]
    assert counts(root) == (3, 1)
