"""Versions of apps and their aliases, over every database that can hold the catalog."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from spanlake.entities.git import GitState
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog import versions
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import ensure_experiments, list_experiments
from spanlake.storage.catalog.version import SeenVersion
from spanlake.storage.catalog.version_moves import NOBODY, alias_moves, remove_alias, set_alias
from spanlake.storage.catalog.versions import (
    create_external_version,
    ensure_versions,
    get_version,
    list_versions,
    log_metrics,
)

GIT = GitState("9f3c", "main", is_dirty=True, repository="https://example.com/app.git")


def seen(name: str, experiment: str = "default") -> SeenVersion:
    return SeenVersion(experiment=experiment, name=name, git=GIT, params={"model": "gpt-4o"})


def test_a_version_has_all_that_was_said_of_it(catalog: Catalog) -> None:
    """A version is found by name and id with what it was made of; its experiment is made."""
    made = create_external_version(
        catalog,
        "v1",
        experiment="support",
        description="It's new",
        params={"k": 5, "model": "gpt-4o", "stop": ["x"], "none": ""},
        tags={"team": "search"},
        git=GIT,
    )
    assert get_version(catalog, "v1") == get_version(catalog, made.version_id) == made
    assert made.params == {"k": "5", "model": "gpt-4o", "none": "", "stop": '["x"]'}
    assert (made.description, made.tags, made.git) == ("It's new", {"team": "search"}, GIT)
    assert list_versions(catalog) == list_versions(catalog, experiment="support") == [made]
    assert list_versions(catalog, experiment="default") == []
    assert "support" in [each.name for each in list_experiments(catalog)]


def test_said_again(catalog: Catalog) -> None:
    """A repeat changes nothing, more may be said, and tags and the description are replaced."""
    first = create_external_version(catalog, "v1", params={"a": 1}, tags={"t": 1})
    assert create_external_version(catalog, "v1", params={"a": 1}) == first
    more = create_external_version(
        catalog, "v1", description="d", params={"b": 2}, tags={"t": 2}, git=GIT
    )
    assert (more.params, more.tags, more.git) == ({"a": "1", "b": "2"}, {"t": "2"}, GIT)
    assert (more.version_id, more.description) == (first.version_id, "d")


@pytest.mark.parametrize(
    "other", [{"params": {"a": 2}}, {"git": GitState("other")}, {"git": GitState(is_dirty=False)}]
)
def test_what_a_version_is_made_of_stays(catalog: Catalog, other: dict[str, object]) -> None:
    """What was made otherwise is another version, and is refused under the same name."""
    before = create_external_version(catalog, "v1", params={"a": 1}, git=GIT)
    with pytest.raises(UserError, match="is another version; give it another name"):
        create_external_version(catalog, "v1", tags={"t": 1}, **other)  # type: ignore[arg-type]
    assert get_version(catalog, "v1") == before


@pytest.mark.parametrize(
    ("name", "said", "reason"),
    [
        ("@champion", {}, "must not begin with @, as aliases do"),
        ("", {}, "NAME is '': must be one line"),
        ("v", {"params": {"": 1}}, "a key of params is ''"),
        ("v", {"params": {"a": object()}}, "cannot be written as JSON"),
        ("v", {"tags": {"a": "x" * 10_001}}, "tags 'a' is 'xxx"),
        ("v", {"description": "\0"}, "description is"),
        ("v", {"git": GitState("a\nb")}, "git commit is"),
        ("v", {"experiment": "a\nb"}, "experiment is"),
    ],
)
def test_what_cannot_be(catalog: Catalog, name: str, said: dict[str, object], reason: str) -> None:
    """What the catalog cannot keep is refused, and nothing is made."""
    with pytest.raises(UserError, match=reason):
        create_external_version(catalog, name, **said)  # type: ignore[arg-type]
    assert list_versions(catalog) == []


def test_versions_at_sight(catalog: Catalog) -> None:
    """Versions of spans are made once, and what spans say goes only where nothing is known."""
    create_external_version(catalog, "mine", params={"p": 1}, git=GitState("other"))
    left_out = ensure_versions(
        catalog, [seen("a"), seen("a"), seen("mine"), seen("@x"), seen("b", "none")]
    )
    assert left_out == 2
    assert get_version(catalog, "a").git == GIT
    assert get_version(catalog, "a").params == {"model": "gpt-4o"}
    mine = get_version(catalog, "mine")
    assert (mine.params, mine.git.commit, mine.git.branch) == ({"p": "1"}, "other", "main")
    assert len(list_versions(catalog)) == 2


def test_hostile_words_of_spans(catalog: Catalog) -> None:
    """Words of spans that cannot be kept keep no version out."""
    bad = SeenVersion(
        experiment="default",
        name="v",
        git=GitState("a\0b", "x" * 20_000),
        params={"a\0": "b\0"},
    )
    assert ensure_versions(catalog, [bad, seen("w")]) == 0
    made = get_version(catalog, "v")
    assert (made.git, made.params) == (GitState(), {})


def test_many_see_the_same(catalog: Catalog) -> None:
    """Threads that see the same versions at the same time all succeed, and each is made once."""
    names = [f"v{number:02}" for number in range(12)]
    with ThreadPoolExecutor(6) as threads:
        left_out = list(
            threads.map(
                lambda n: ensure_versions(catalog, [seen(name) for name in names[n:]]), range(8)
            )
        )
    assert left_out == [0] * 8
    assert sorted(each.name for each in list_versions(catalog)) == names


def test_versions_have_a_bound(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """When there are very many, what is seen makes no more; people still can."""
    monkeypatch.setattr(versions, "MAX_SEEN", 2)
    assert ensure_versions(catalog, [seen("a"), seen("b"), seen("c")]) == 1
    assert ensure_versions(catalog, [seen("a"), seen("c")]) == 1
    create_external_version(catalog, "mine")


def test_a_name_of_several_experiments(catalog: Catalog) -> None:
    """The same name in two experiments is two versions; which one is meant has to be said."""
    one, two = (create_external_version(catalog, "v1", experiment=each) for each in ("a", "b"))
    assert one.version_id != two.version_id
    assert get_version(catalog, "v1", experiment="b") == two
    with pytest.raises(UserError, match=r"the experiments '\w', '\w' each have such a one"):
        get_version(catalog, "v1")
    with pytest.raises(NotFoundError, match="no version of experiment 'c' is called so"):
        get_version(catalog, "v1", experiment="c")
    with pytest.raises(NotFoundError, match="did you mean 'v1'"):
        get_version(catalog, "v11")


def test_metrics(catalog: Catalog) -> None:
    """The last value of each metric counts; what is no number is refused whole."""
    create_external_version(catalog, "v1")
    log_metrics(catalog, "v1", {"a": 1, "b": 0.5}, run_id="r")
    assert log_metrics(catalog, "v1", {"a": 2}).metrics == {"a": 2.0, "b": 0.5}
    with pytest.raises(UserError, match="metric 'c' is nan: must be a finite number"):
        log_metrics(catalog, "v1", {"a": 3, "c": float("nan")})
    assert get_version(catalog, "v1").metrics == {"a": 2.0, "b": 0.5}


def test_an_alias_moves(catalog: Catalog) -> None:
    """An alias is of one version of its experiment at a time, and every move is kept."""
    for name in ("v1", "v2"):
        create_external_version(catalog, name, experiment="e")
    create_external_version(catalog, "v1", experiment="other")
    set_alias(catalog, "v1", "@champion", experiment="e", moved_by="ann", note="first")
    assert set_alias(catalog, "v1", "champion", experiment="e").aliases == ("champion",)
    set_alias(catalog, "v1", "champion", experiment="other")
    moved = set_alias(catalog, "v2", "champion", moved_by="bob")
    assert moved.aliases == ("champion",)
    assert get_version(catalog, "v1", experiment="e").aliases == ()
    assert get_version(catalog, "@champion", experiment="e") == moved
    with pytest.raises(UserError, match="the experiments 'e', 'other' each have such a one"):
        get_version(catalog, "@champion")
    remove_alias(catalog, "champion", experiment="e", note="gone")
    with pytest.raises(NotFoundError, match="no version bears this alias"):
        get_version(catalog, "@champion", experiment="e")
    with pytest.raises(NotFoundError, match="no version of experiment 'e' bears it"):
        remove_alias(catalog, "champion", experiment="e")
    told = [
        (move.version, move.previous, move.moved_by, move.note)
        for move in alias_moves(catalog, experiment="e")
    ]
    assert told == [
        (None, "v2", None, "gone"),
        ("v2", "v1", "bob", None),
        ("v1", None, "ann", "first"),
    ]
    assert len(alias_moves(catalog)) == 4


def test_an_alias_where_it_was_expected(catalog: Catalog) -> None:
    """An alias is moved only from where it was expected, if that was said."""
    for name in ("v1", "v2", "v3"):
        create_external_version(catalog, name)
    set_alias(catalog, "v1", "champion", expected=NOBODY)
    with pytest.raises(UserError, match="expected on 'no version': 'v1' has it by now"):
        set_alias(catalog, "v2", "champion", expected=NOBODY)
    set_alias(catalog, "v2", "champion", expected="v1")
    with pytest.raises(UserError, match="expected on 'v1': 'v2' has it by now"):
        set_alias(catalog, "v3", "champion", expected="v1")


def test_an_alias_that_many_move(catalog: Catalog) -> None:
    """Of many that move an alias from where they saw it one succeeds, and each move is in turn."""
    names = [f"v{number}" for number in range(6)]
    for name in ["old", *names]:
        create_external_version(catalog, name)
    set_alias(catalog, "old", "champion")
    together = threading.Barrier(len(names))

    def move(name: str) -> bool:
        together.wait()
        try:
            set_alias(catalog, name, "champion", expected="old")
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(len(names)) as threads:
        assert list(threads.map(move, names)).count(True) == 1
    (last, first) = alias_moves(catalog)
    assert (first.version, last.previous) == ("old", "old")
    assert get_version(catalog, "@champion").name == last.version


@pytest.mark.parametrize("alias", ["", "a\nb", "x" * 101])
def test_an_alias_that_cannot_be(catalog: Catalog, alias: str) -> None:
    """An alias is one short visible line."""
    create_external_version(catalog, "v1")
    with pytest.raises(UserError, match="ALIAS is"):
        set_alias(catalog, "v1", alias)


def test_an_experiment_that_is_not_there(catalog: Catalog) -> None:
    """An alias of an unknown experiment cannot be removed."""
    ensure_experiments(catalog, ["e"])
    with pytest.raises(NotFoundError, match="--experiment is 'none': no experiment is called so"):
        remove_alias(catalog, "champion", experiment="none")
