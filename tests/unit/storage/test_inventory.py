"""What is stored, from the footers of the files."""

from datetime import UTC, datetime
from pathlib import Path

from rows import NOON_NS, span, write

from spanlake.storage.inventory import Inventory, take_inventory
from spanlake.storage.layout import Layout


def test_nothing(tmp_path: Path) -> None:
    """A directory that is not there holds nothing."""
    assert take_inventory(Layout(tmp_path / "missing")) == Inventory(0, 0, 0, None, ())


def test_files_rows_and_the_newest(tmp_path: Path) -> None:
    """Files of all tables are counted, with their rows, their size and the last arrival."""
    files = [
        write(tmp_path, span("1"), span("2", received_ms=2500)),
        write(tmp_path, {"body": "x", "received_at": NOON_NS // 1000}, table="logs"),
        write(tmp_path),
    ]
    inventory = take_inventory(Layout(tmp_path))
    assert (inventory.files, inventory.rows) == (3, 3)
    assert inventory.size_bytes == sum(file.stat().st_size for file in files)
    assert inventory.newest_received == datetime.fromtimestamp(NOON_NS / 1e9 + 2.5, UTC)
    assert inventory.unreadable == ()


def test_damaged_files_are_named(tmp_path: Path) -> None:
    """A file whose footer cannot be read is counted, and named with the reason."""
    whole, cut = write(tmp_path, span("1")), write(tmp_path, span("2"))
    cut.write_bytes(cut.read_bytes()[:-10])
    inventory = take_inventory(Layout(tmp_path))
    assert (inventory.files, inventory.rows) == (2, 1)
    assert inventory.size_bytes == whole.stat().st_size
    (found,) = inventory.unreadable
    assert found.path == cut
    assert "Parquet" in found.reason
    assert "\n" not in found.reason
