"""Experiments, over every database that can hold the catalog."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog import experiments
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import (
    archive_experiment,
    create_experiment,
    describe_experiment,
    ensure_experiments,
    get_experiment,
    list_experiments,
    restore_experiment,
    tag_experiment,
)


def names(catalog: Catalog) -> list[str]:
    return [each.name for each in list_experiments(catalog)]


def test_default_is_always_there(catalog: Catalog) -> None:
    """A new catalog has one experiment, the default, which cannot be put away."""
    assert names(catalog) == ["default"]
    with pytest.raises(UserError, match=r"^NAME is 'default': must be another experiment"):
        archive_experiment(catalog, "default")


def test_an_experiment_is_created_once(catalog: Catalog) -> None:
    """A created experiment is found with all that was said of it; its name is taken."""
    before = datetime.now(UTC)
    made = create_experiment(catalog, "support", description="It's 5 %", tags=["b", "a", "b"])
    assert get_experiment(catalog, "support") == made
    assert (made.name, made.description, made.tags) == ("support", "It's 5 %", ("a", "b"))
    assert before <= made.created_at <= datetime.now(UTC)
    assert made.created_at.tzinfo is UTC
    assert made.archived_at is None
    with pytest.raises(UserError, match=r"^NAME is 'support': must be new"):
        create_experiment(catalog, "support", description="another")
    assert get_experiment(catalog, "support") == made


def test_names_are_exact(catalog: Catalog) -> None:
    """Names differ by case and by every character, and any that can be seen is one."""
    given = ["Support", "support", "süppört", "a b", "x' OR 1=1 --", "%", "👩‍🚀", "z" * 200]
    for name in given:
        assert create_experiment(catalog, name).name == name
    assert sorted(names(catalog)) == sorted([*given, "default"])


@pytest.mark.parametrize("name", ["", " a", "a\n", "a\0b", "\x1b[31m", "z" * 201, "\ud800"])
def test_a_name_that_cannot_be(catalog: Catalog, name: str) -> None:
    """A name that is empty, too long or no visible line is refused, and passed over at sight."""
    with pytest.raises(UserError, match=r"^NAME is .*: must be one line of 1 to 200 characters"):
        create_experiment(catalog, name)
    assert ensure_experiments(catalog, [name, "seen"]) == 1
    assert names(catalog) == ["default", "seen"]


def test_an_unknown_name(catalog: Catalog) -> None:
    """An experiment that is not there is named, with the one that may be meant."""
    create_experiment(catalog, "support")
    with pytest.raises(NotFoundError) as near:
        get_experiment(catalog, "suport")
    assert str(near.value) == (
        "NAME is 'suport': no experiment is called so; did you mean 'support'?"
    )
    with pytest.raises(NotFoundError, match=r"`spanlake experiments list` shows them$"):
        restore_experiment(catalog, "zzz")


def test_a_description_is_replaced_and_removed(catalog: Catalog) -> None:
    """The last description counts; an empty one is none."""
    assert describe_experiment(catalog, "default", "one\ntwo").description == "one\ntwo"
    assert describe_experiment(catalog, "default", "other").description == "other"
    with pytest.raises(UserError, match="must be text of 1 to 10,000 characters"):
        describe_experiment(catalog, "default", "a\0")
    assert describe_experiment(catalog, "default", "").description is None


def test_tags_come_and_go(catalog: Catalog) -> None:
    """A tag is there once however often it is added, and may be removed when it is not there."""
    assert tag_experiment(catalog, "default", add=["b", "a"]).tags == ("a", "b")
    assert tag_experiment(catalog, "default", add=["b", "c"], remove=["a", "x"]).tags == ("b", "c")
    with pytest.raises(UserError, match=r"^TAG is '': must be one line of 1 to 100 characters"):
        tag_experiment(catalog, "default", add=["d", ""])
    assert get_experiment(catalog, "default").tags == ("b", "c")


def test_archived_and_restored(catalog: Catalog) -> None:
    """An archived experiment stays with the time it was put away until it is brought back."""
    create_experiment(catalog, "old", tags=["a"])
    first = archive_experiment(catalog, "old")
    assert first.archived_at is not None
    assert archive_experiment(catalog, "old") == first
    ensure_experiments(catalog, ["old"])
    assert get_experiment(catalog, "old") == first
    assert restore_experiment(catalog, "old").archived_at is None


def test_what_is_seen_is_made_once(catalog: Catalog) -> None:
    """Names that are seen make experiments; those that are there stay as they are."""
    described = create_experiment(catalog, "b", description="said")
    assert ensure_experiments(catalog, ["a", "b", "c"]) == 0
    assert names(catalog) == ["a", "b", "c", "default"]
    assert get_experiment(catalog, "b") == described


def test_many_see_the_same(catalog: Catalog) -> None:
    """Threads that see the same names at the same time all succeed, and each is made once."""
    seen = [f"e{number:02}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        left_out = list(threads.map(lambda n: ensure_experiments(catalog, seen[n:]), range(16)))
    assert left_out == [0] * 16
    assert names(catalog) == ["default", *seen]


def test_experiments_have_a_bound(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """When there are very many, what is seen makes no more; people still can."""
    monkeypatch.setattr(experiments, "MAX_SEEN", 3)
    assert ensure_experiments(catalog, ["a", "b", "c", "d"]) == 2
    assert names(catalog) == ["a", "b", "default"]
    assert ensure_experiments(catalog, ["a", "e"]) == 1
    create_experiment(catalog, "mine")
    assert ensure_experiments(catalog, ["f", "a", "g"]) == 2
