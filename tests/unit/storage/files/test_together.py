"""Several writers and compactors on one lake in a bucket, as threads of one process."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from object_stores import MotoServer
from rows import span, table_of

from spanlake.storage.files.state import make_root
from spanlake.storage.hot import HotWriter
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.schema import SPANS
from spanlake.storage.upkeep import Upkeep

WRITERS, COMMITS, A_COMMIT = 2, 4, 3


def write_all(root: Path, number: int) -> None:
    with HotWriter(Layout(root)) as writer:
        writer.open_table("spans")
        for commit in range(COMMITS):
            rows = [span(f"{number} {commit} {at}") for at in range(A_COMMIT)]
            writer.commit("spans", encode(table_of(rows, SPANS), [], compression_level=1))


def keep(root: Path, done: threading.Event) -> int:
    """Seal and merge until all is written, and once more; how many commits were sealed."""
    upkeep = Upkeep(Layout(root))
    sealed = 0
    while True:
        is_last = done.is_set()
        sealed += upkeep.run("spans", fanout=2).sealed.files
        if is_last:
            return sealed


def test_writers_and_compactors_share_a_lake(moto: MotoServer) -> None:
    """Whatever is written, sealed and merged at once, each span is there once at every moment."""
    root = moto.new_lake()
    make_root(root)
    done = threading.Event()
    seen = [0]
    with ThreadPoolExecutor(WRITERS + 2) as threads, Lake(root) as lake:
        writing = [threads.submit(write_all, root, number) for number in range(WRITERS)]
        keeping = [threads.submit(keep, root, done) for _ in range(2)]
        try:
            while not all(each.done() for each in writing):
                query = "SELECT count(*), count(DISTINCT span_id) FROM spans"
                ((count, distinct),) = lake.sql(query).fetchall()
                assert count == distinct >= seen[-1]
                seen.append(count)
        finally:
            done.set()
        for each in writing:
            each.result()
        assert sum(each.result() for each in keeping) == WRITERS * COMMITS
        ((count, distinct),) = lake.sql(query).fetchall()
        assert count == distinct == WRITERS * COMMITS * A_COMMIT
    assert Upkeep(Layout(root)).unsealed("spans") == []
