"""Single records of a dataset: found, and replaced in a new version."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_merge import merge_records, replace_record
from spanlake.storage.catalog.dataset_record import NewRecord, read_record, read_records
from spanlake.storage.catalog.dataset_search import count_splits, get_record, search_records
from spanlake.storage.catalog.dataset_versions import at_version, diff_versions
from spanlake.storage.catalog.datasets import create_dataset, get_dataset
from spanlake.storage.catalog.location import default_location

NAME = "qa"
RECORDS = [
    {"inputs": {"q": f"Question {n}"}, "expectations": {"a": n}, "split": "dev" if n else None}
    for n in range(3)
]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog with a dataset of three records."""
    with Catalog.open(default_location(tmp_path)) as opened:
        create_dataset(opened, NAME)
        merge_records(opened, NAME, read_records(RECORDS))
        yield opened


def new(**said: object) -> NewRecord:
    return read_record(said, "the record")


def test_a_record_says_exactly_what_it_is_given(catalog: Catalog) -> None:
    """What is not said is gone, the place in the order stays, and so does the version before."""
    first = search_records(catalog, at_version(catalog, get_dataset(catalog, NAME), None)).records
    changed = new(inputs={"q": "Question 1"}, outputs="yes", tags={"t": "1"})
    merged = replace_record(catalog, NAME, first[1].record_id, changed, digest=first[1].digest)
    assert (merged.version, merged.changed) == (2, 1)
    at = at_version(catalog, get_dataset(catalog, NAME), None)
    records = search_records(catalog, at).records
    assert [each.record_id for each in records] == [each.record_id for each in first]
    assert (records[1].expectations, records[1].split, records[1].outputs) == ({}, None, "yes")
    (change,) = diff_versions(catalog, at.dataset, 1, 2)
    assert change.parts == ("outputs", "expectations", "tags", "split")
    before = at_version(catalog, at.dataset, 1)
    assert get_record(catalog, before, first[1].record_id) == first[1]


def test_other_inputs_are_another_record_in_the_same_place(catalog: Catalog) -> None:
    """With other inputs a record has another id; the old one is removed in the same version."""
    old = search_records(catalog, at_version(catalog, get_dataset(catalog, NAME), None)).records[0]
    changed = new(inputs={"q": "Another"}, expectations={"a": 0})
    merged = replace_record(catalog, NAME, old.record_id, changed)
    assert (merged.added, merged.changed) == (1, 0)
    at = at_version(catalog, get_dataset(catalog, NAME), None)
    assert search_records(catalog, at).records[0].record_id == changed.record_id
    kinds = {each.change for each in diff_versions(catalog, at.dataset, 1, 2)}
    assert kinds == {"added", "removed"}


def test_a_record_that_says_the_same_makes_no_version(catalog: Catalog) -> None:
    """Saving what is there already changes nothing."""
    old = search_records(catalog, at_version(catalog, get_dataset(catalog, NAME), None)).records[1]
    same = new(inputs=old.inputs, expectations=old.expectations, split=old.split)
    assert replace_record(catalog, NAME, old.record_id, same).unchanged == 1
    assert get_dataset(catalog, NAME).version == 1


def test_what_is_refused(catalog: Catalog) -> None:
    """A record changed by others, one that is there already, and one that is not there."""
    old, other, _ = search_records(
        catalog, at_version(catalog, get_dataset(catalog, NAME), None)
    ).records
    with pytest.raises(UserError, match="was changed meanwhile"):
        replace_record(catalog, NAME, old.record_id, new(inputs={"q": "x"}), digest="0")
    with pytest.raises(UserError, match="has these inputs already"):
        replace_record(catalog, NAME, old.record_id, new(inputs=other.inputs))
    with pytest.raises(NotFoundError, match="qa@1 has none of that id"):
        replace_record(catalog, NAME, "r-0", new(inputs={"q": "x"}))
    assert get_dataset(catalog, NAME).version == 1


def test_records_are_searched(catalog: Catalog) -> None:
    """Records are found by words, id and split, a page at a time."""
    at = at_version(catalog, get_dataset(catalog, NAME), None)
    found = search_records(catalog, at, text="question 2")
    assert (found.total, found.records[0].expectations) == (1, {"a": 2})
    assert search_records(catalog, at, text=found.records[0].record_id).total == 1
    page = search_records(catalog, at, split="dev", offset=1, limit=1)
    assert (page.total, len(page.records)) == (2, 1)
    assert search_records(catalog, at, text="100%").total == 0
    assert count_splits(catalog, at) == {"dev": 2}
