"""Datasets, over every database that can hold the catalog."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_columns import history_table, records_table
from spanlake.storage.catalog.dataset_merge import Merged, delete_records, merge_records
from spanlake.storage.catalog.dataset_record import DatasetRecord, read_records
from spanlake.storage.catalog.dataset_splits import assign_splits
from spanlake.storage.catalog.dataset_versions import (
    diff_versions,
    find_dataset,
    iter_records,
    list_versions,
)
from spanlake.storage.catalog.datasets import (
    EMPTY_DIGEST,
    SchemaChange,
    create_dataset,
    delete_dataset,
    describe_dataset,
    get_dataset,
    list_datasets,
    set_dataset_schemas,
    set_dataset_tags,
)

QUESTION = {"question": "What is 2 + 2?"}


def merge(catalog: Catalog, *rows: dict[str, Any]) -> Merged:
    return merge_records(catalog, "qa", read_records(rows))


def records(catalog: Catalog, reference: str = "qa") -> list[DatasetRecord]:
    return list(iter_records(catalog, find_dataset(catalog, reference)))


@pytest.fixture
def qa(catalog: Catalog) -> Catalog:
    """A catalog with the empty dataset qa."""
    create_dataset(catalog, "qa")
    return catalog


def test_a_dataset_is_created_once(catalog: Catalog) -> None:
    """A new dataset is found by name and id with all that was said of it; its name is taken."""
    made = create_dataset(
        catalog, "qa", description="100 %", experiment="support", tags={"team": "a", "size": 3}
    )
    assert get_dataset(catalog, "qa") == made == get_dataset(catalog, made.dataset_id)
    assert (made.description, made.experiment) == ("100 %", "support")
    assert made.tags == {"size": "3", "team": "a"}
    assert (made.version, made.record_count, made.digest) == (0, 0, EMPTY_DIGEST)
    with pytest.raises(UserError, match=r"^NAME is 'qa': must be new"):
        create_dataset(catalog, "qa")
    with pytest.raises(UserError, match=r"^NAME is 'a@b': must be without @"):
        create_dataset(catalog, "a@b")
    with pytest.raises(NotFoundError, match=r"did you mean 'qa'\?$"):
        get_dataset(catalog, "qaa")


def test_description_and_tags_change(qa: Catalog) -> None:
    """The description is replaced or removed; a tag set to None goes, and the others stay."""
    assert describe_dataset(qa, "qa", "about").description == "about"
    assert describe_dataset(qa, "qa", "").description is None
    set_dataset_tags(qa, "qa", {"a": "1", "b": "2"})
    assert set_dataset_tags(qa, "qa", {"a": None, "c": True}).tags == {"b": "2", "c": "true"}
    with pytest.raises(UserError, match="at most 10,000"):
        set_dataset_tags(qa, "qa", {"long": "x" * 10_001})


def test_records_of_equal_inputs_are_merged(qa: Catalog) -> None:
    """Expectations and tags are added by key; outputs and split are replaced if they are said."""
    first = {"inputs": {"a": 1, "b": 2}, "outputs": "old", "expectations": {"x": 1}, "split": "dev"}
    assert merge(qa, first) == Merged(version=1, added=1, changed=0, unchanged=0)
    again = {"inputs": {"b": 2, "a": 1}, "expectations": {"y": [2]}, "tags": {"t": "1"}}
    assert merge(qa, again) == Merged(version=2, added=0, changed=1, unchanged=0)
    (record,) = records(qa)
    assert (record.inputs, record.outputs, record.split) == ({"a": 1, "b": 2}, "old", "dev")
    assert (record.expectations, record.tags) == ({"x": 1, "y": [2]}, {"t": "1"})
    assert record.source.source_type == "HUMAN"
    assert record.updated_at > record.created_at
    assert merge(qa, {"inputs": {"a": 1, "b": 2}, "outputs": None}).changed == 1
    assert records(qa)[0].outputs is None


def test_what_says_nothing_new_makes_no_version(qa: Catalog) -> None:
    """The same records again leave the dataset at its version, with its digest."""
    rows = [{"inputs": {"n": n}, "expectations": {"e": n}} for n in range(5)]
    merge(qa, *rows)
    before = get_dataset(qa, "qa")
    assert merge(qa, *rows, *rows) == Merged(version=1, added=0, changed=0, unchanged=5)
    assert get_dataset(qa, "qa") == before


def test_a_record_that_comes_twice_at_once_is_one(
    qa: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of one merge with equal inputs are merged with each other, however it is batched."""
    monkeypatch.setattr("spanlake.storage.catalog.dataset_merge.BATCH", 2)
    rows = [{"inputs": {"n": n % 3}, "expectations": {f"e{n}": n}} for n in range(9)]
    assert merge(qa, *rows) == Merged(version=1, added=3, changed=0, unchanged=0)
    assert [each.inputs["n"] for each in records(qa)] == [0, 1, 2]
    assert records(qa)[0].expectations == {"e0": 0, "e3": 3, "e6": 6}
    assert len(history_table(qa)) == 3


def test_versions_stay_as_they_were(qa: Catalog) -> None:
    """An earlier version has the records it had; the digest is of content, whatever the way."""
    merge(qa, {"inputs": {"n": 1}}, {"inputs": {"n": 2}})
    merge(qa, {"inputs": {"n": 1}, "outputs": "x"}, {"inputs": {"n": 3}})
    (gone,) = [each.record_id for each in records(qa) if each.inputs == {"n": 3}]
    assert delete_records(qa, "qa", [gone, "r-unknown"], note="no longer asked") == 1
    merge(qa, {"inputs": {"n": 1}, "outputs": None})
    assert [each.inputs["n"] for each in records(qa, "qa@1")] == [1, 2]
    assert [each.outputs for each in records(qa, "qa@2")] == ["x", None, None]
    assert [each.inputs["n"] for each in records(qa, "qa@3")] == [1, 2]
    versions = list_versions(qa, "qa")
    assert [(v.added, v.changed, v.removed) for v in versions] == [
        (2, 0, 0),
        (1, 1, 0),
        (0, 0, 1),
        (0, 1, 0),
    ]
    assert [v.record_count for v in versions] == [2, 3, 2, 2]
    assert versions[2].note == "no longer asked"
    assert versions[0].digest == versions[3].digest != versions[2].digest
    with pytest.raises(NotFoundError, match="its newest version is 4"):
        find_dataset(qa, "qa@5")


def test_a_difference_between_versions(qa: Catalog) -> None:
    """A difference names the records that came, went and changed, and in what."""
    merge(qa, {"inputs": {"n": 1}}, {"inputs": {"n": 2}}, {"inputs": {"n": 3}})
    merge(qa, {"inputs": {"n": 1}, "expectations": {"e": 1}}, {"inputs": {"n": 4}})
    delete_records(qa, "qa", [records(qa)[1].record_id])
    merge(qa, {"inputs": {"n": 3}, "outputs": "x"})
    merge(qa, {"inputs": {"n": 3}, "outputs": None})
    found = {
        (each.after or each.before).inputs["n"]: each  # type: ignore[union-attr]  # one is there
        for each in diff_versions(qa, get_dataset(qa, "qa"), 1, 5)
    }
    assert {n: each.change for n, each in found.items()} == {
        1: "changed",
        2: "removed",
        4: "added",
    }
    assert found[1].parts == ("expectations",)
    assert diff_versions(qa, get_dataset(qa, "qa"), 5, 5) == []


def test_records_are_held_to_schemas(qa: Catalog) -> None:
    """A record against a schema is refused, with all that came with it; so is a schema."""
    schema = {"type": "object", "required": ["question"]}
    set_dataset_schemas(qa, "qa", SchemaChange(inputs=schema))
    with pytest.raises(UserError, match=r"is against the dataset's schema: .*question"):
        merge(qa, {"inputs": QUESTION}, {"inputs": {"text": "?"}})
    assert get_dataset(qa, "qa").version == 0
    merge(qa, {"inputs": QUESTION, "expectations": {"answer": "4"}})
    wrong = SchemaChange(expectations={"properties": {"answer": {"type": "integer"}}})
    with pytest.raises(UserError, match=r"expectations\['answer'\] of the record r-"):
        set_dataset_schemas(qa, "qa", wrong)
    with pytest.raises(UserError, match=r"^inputs_schema is no JSON schema"):
        set_dataset_schemas(qa, "qa", SchemaChange(inputs={"type": "nothing"}))
    assert set_dataset_schemas(qa, "qa", SchemaChange(inputs={})).inputs_schema is None


def test_conversations_and_turns_do_not_mix(qa: Catalog) -> None:
    """A dataset is of conversations or of single turns, as its first record is."""
    merge(qa, {"inputs": {"goal": "a refund", "persona": "in a hurry"}})
    assert get_dataset(qa, "qa").granularity == "session"
    with pytest.raises(UserError, match="the records of 'qa' are each of a session"):
        merge(qa, {"inputs": QUESTION})
    with pytest.raises(UserError, match=r"question beside the goal"):
        merge(qa, {"inputs": {"goal": "x", "persona": "y", "question": "z"}})


def test_splits_stay_with_their_records(qa: Catalog) -> None:
    """Splits come in the proportions asked for, and a record keeps its own as others come."""
    merge(qa, *({"inputs": {"n": n}} for n in range(200)))
    assign_splits(qa, "qa", {"train": 0.75, "test": 0.25})
    before = {each.record_id: each.split for each in records(qa)}
    assert 30 <= sum(split == "test" for split in before.values()) <= 70
    merge(qa, *({"inputs": {"n": n}} for n in range(200, 210)))
    assert assign_splits(qa, "qa", {"train": 3, "test": 1}).changed == 10
    assert before.items() <= {each.record_id: each.split for each in records(qa)}.items()
    with pytest.raises(UserError, match="must be names with weights"):
        assign_splits(qa, "qa", {"train": 0})


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({}, "inputs of record 1 is missing"),
        ({"inputs": "text"}, "inputs of record 1 is of type str: must be an object"),
        ({"inputs": {}}, "inputs of record 1 is {}: must say something"),
        ({"input": QUESTION}, "record 1 has the key 'input': .*did you mean 'inputs'"),
        ({"inputs": {"a": object()}}, "inputs of record 1 cannot be kept: must be a JSON value"),
        ({"inputs": {"a": "\ud800"}}, "inputs of record 1 cannot be kept"),
        ({"inputs": QUESTION, "expectations": "4"}, "expectations of record 1 is of type str"),
        ({"inputs": QUESTION, "source": {"source_type": "X"}}, "source_type of record 1 is 'X'"),
        ({"inputs": QUESTION, "split": ""}, "split of record 1 is ''"),
    ],
)
def test_what_is_no_record(qa: Catalog, row: dict[str, Any], wrong: str) -> None:
    """What cannot be a record is named by its number, with the rule."""
    with pytest.raises(UserError, match=wrong):
        merge(qa, row)


def test_any_text_is_kept(qa: Catalog) -> None:
    """Texts come back as they were given, whichever characters they have."""
    texts = ["", "\0", "'\"%s", "👩‍🚀", "\u202e", "a\nb", "z" * 100_000]
    merge(qa, *({"inputs": {"text": text}, "outputs": text} for text in texts))
    assert [each.inputs["text"] for each in records(qa)] == texts
    assert [each.outputs for each in records(qa)] == texts


def test_everybody_may_merge_at_once(qa: Catalog) -> None:
    """Merges at the same time are versions one after another, and none loses a record."""

    def add(number: int) -> int:
        return merge(qa, {"inputs": {"n": number}}, {"inputs": {"shared": True}}).version

    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(add, range(8)))
    assert sorted(versions) == list(range(1, 9))
    assert get_dataset(qa, "qa").record_count == 9


def test_a_deleted_dataset_leaves_nothing(qa: Catalog) -> None:
    """With a dataset go its versions and records."""
    merge(qa, {"inputs": QUESTION})
    delete_dataset(qa, "qa")
    assert list_datasets(qa) == []
    assert (len(records_table(qa)), len(list_versions(qa))) == (0, 0)
