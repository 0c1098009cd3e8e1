"""What a directory and a bucket have in common as places of files."""

import threading
from pathlib import Path

import pytest

from spanlake.storage.files.stores import store_of

CONTENT = memoryview(b"a commit of some length")


def names(place: Path) -> set[str]:
    """All files below a folder, by their paths from it."""
    return {
        (folder / name).relative_to(place).as_posix()
        for folder, files in store_of(place).walk(place)
        for name in files
    }


def test_a_file_is_published_once(place: Path) -> None:
    """What is published is whole and listed; another file of that name is not taken for it."""
    store, file = store_of(place), place / "a" / "1.parquet"
    store.make_folder(file.parent)
    store.publish(file, CONTENT)
    assert file.read_bytes() == CONTENT
    assert names(place) == {"a/1.parquet"}
    assert (file.stat().st_size, file.exists()) == (len(CONTENT), True)


def test_a_name_is_made_once(place: Path) -> None:
    """Whoever makes a name second is told so, and changes nothing."""
    store, file = store_of(place), place / "1.json"
    assert store.create(file, b"first")
    assert not store.create(file, b"second")
    assert file.read_bytes() == b"first"


def test_what_is_taken_back_is_not_seen(place: Path) -> None:
    """A commit that is taken back is in no listing, and is no file."""
    store, file = store_of(place), place / "1.parquet"
    store.publish(file, CONTENT)
    store.take_back(file, CONTENT)
    store.take_back(file, CONTENT)
    assert names(place) <= {"1.given-up"}
    assert store.was_given_up(file)
    assert not store.was_given_up(place / "2.parquet")
    assert not file.is_file()


def test_a_file_is_replaced(place: Path) -> None:
    """A file has the content that it was given last, also one that was published."""
    store, file = store_of(place), place / "1.parquet"
    store.replace(file, b"first")
    store.replace(file, b"second")
    assert file.read_bytes() == b"second"
    store.rewrite(file, memoryview(b"third"))
    assert file.read_bytes() == b"third"
    assert names(place) == {"1.parquet"}


def test_a_file_that_went_is_not_rewritten(place: Path) -> None:
    """A file that is gone is not brought back by whoever wanted to change it."""
    with pytest.raises(FileNotFoundError):
        store_of(place).rewrite(place / "1.parquet", CONTENT)
    assert names(place) == set()


def test_a_new_file_is_there_at_the_end(place: Path) -> None:
    """What is written through a path of this machine is the file; nothing is left of a failure."""
    store = store_of(place)
    with store.new_file(place / "a" / "1.parquet") as draft:
        draft.write_bytes(CONTENT)
    with pytest.raises(ZeroDivisionError), store.new_file(place / "a" / "2.parquet") as draft:
        draft.write_bytes(bytes(CONTENT[: 1 // 0]))
    assert (place / "a" / "1.parquet").read_bytes() == CONTENT
    assert names(place) == {"a/1.parquet"}


def test_a_file_is_moved(place: Path) -> None:
    """A file that is moved has its new name alone."""
    store = store_of(place)
    store.make_folder(place / "aside")
    store.replace(place / "1", b"x")
    store.move(place / "1", place / "aside" / "1")
    assert names(place) == {"aside/1"}


def test_folders_list_their_files(place: Path) -> None:
    """Files and folders are listed by name, and files by pattern."""
    store = store_of(place)
    for name in ("b/2.json", "b/1.json", "b/c/3.json", "b/1.txt"):
        store.make_folder((place / name).parent)
        store.replace(place / name, b"x")
    folder = place / "b"
    assert sorted(each.name for each in folder.iterdir()) == ["1.json", "1.txt", "2.json", "c"]
    assert sorted(each.name for each in folder.glob("*.json")) == ["1.json", "2.json"]
    assert folder.is_dir()
    assert not (place / "nowhere").is_dir()
    (folder / "1.txt").unlink()
    (folder / "1.txt").unlink(missing_ok=True)
    assert names(place) == {"b/1.json", "b/2.json", "b/c/3.json"}


def test_a_claim_is_one_holders(place: Path) -> None:
    """A claimed name is nobody else's until it is given free."""
    store, name = store_of(place), place / "writers" / "0001.lock"
    store.make_folder(name.parent)
    claim = store.claim(name)
    assert claim is not None
    assert claim.is_held
    assert store.claim(name) is None
    claim.close()
    claim.close()
    assert not claim.is_held
    again = store.claim(name, wait_unless=threading.Event())
    assert again is not None
    again.close()


def test_work_is_done_in_order(place: Path) -> None:
    """Answers come in the order of what was asked, however many work on them."""
    assert store_of(place).each(lambda number: number * 2, range(30)) == list(range(0, 60, 2))
