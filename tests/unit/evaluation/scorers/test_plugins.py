import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanlake.errors import NotFoundError, UserError
from spanlake.evaluation.scorers.plugins import load_scorer, scorer_names
from spanlake.evaluation.scorers.sql import SqlScorer

MODULE = """
from spanlake.scorers import Scorer, RegexMatch

def plain(outputs):
    return bool(outputs)

def made():
    return RegexMatch(pattern="^a", name="starts_with_a")

class Own(Scorer):
    def __call__(self, outputs):
        return True

class Space:
    inside = Own(name="inside")

number = 3
"""
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with a module of scorers."""
    (tmp_path / "my_scorers.py").write_text(MODULE, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    sys.modules.pop("my_scorers", None)


def test_built_in_scorers_are_found_by_name() -> None:
    """Every scorer that comes with Spanlake has a name; those without parameters can be loaded."""
    assert load_scorer("exact_match").name == "exact_match"
    assert {"exact_match", "tool_call_match", "pii_detection", "rouge"} <= set(scorer_names())


@pytest.mark.parametrize(
    ("attribute", "name"),
    [("plain", "plain"), ("made", "starts_with_a"), ("Own", "own"), ("Space.inside", "inside")],
)
@pytest.mark.usefixtures("here")
def test_an_attribute_of_a_module_is_a_scorer(attribute: str, name: str) -> None:
    """A module in the working directory gives a scorer, a function, a class, or what makes one."""
    assert load_scorer(f"my_scorers:{attribute}").name == name


def test_a_file_with_sql_is_a_scorer(here: Path) -> None:
    """A path that ends with .sql is a SQL scorer with the file's name."""
    (here / "slow.sql").write_text("SELECT trace_id, duration_ms < 9 AS value FROM traces", "utf-8")
    made = load_scorer("slow.sql")
    assert isinstance(made, SqlScorer)
    assert made.name == "slow"
    with pytest.raises(NotFoundError, match="there is no such file"):
        load_scorer("nope.sql")


@pytest.mark.parametrize(
    ("named", "kind", "message"),
    [
        ("exact_mach", NotFoundError, "did you mean exact_match?"),
        ("zzz", NotFoundError, "there are bleu, "),
        ("regex_match", UserError, "it needs parameters; .*'pattern'"),
        ("my_scorers:Onw", NotFoundError, "my_scorers has no Onw; did you mean Own?"),
        ("my_scorers:number", UserError, "is of type int: must be a scorer"),
        ("nope:x", NotFoundError, "there is no module nope"),
        ("my_scorers.nope:x", NotFoundError, "there is no module my_scorers.nope"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_is_not_there_is_named(named: str, kind: type[UserError], message: str) -> None:
    """An unknown name is an error that says what there is."""
    with pytest.raises(kind, match=message) as raised:
        load_scorer(named)
    assert str(raised.value).startswith(f"the scorer is {named}")


def test_a_module_that_lacks_a_package_says_which(here: Path) -> None:
    """A module that cannot import something else is another error than a missing module."""
    (here / "lacking.py").write_text("import not_installed_at_all", "utf-8")
    (here / "wrong.py").write_text("1 +", "utf-8")
    with pytest.raises(UserError, match="importing wrong fails: SyntaxError"):
        load_scorer("wrong:x")
    with pytest.raises(UserError, match=r"importing lacking fails: .*not_installed_at_all"):
        load_scorer("lacking:x")


def test_installed_packages_bring_scorers(here: Path) -> None:
    """Entry points of the group spanlake.scorers are scorers; one that fails is named."""
    for name, entry in (("good", "good = my_scorers:Own"), ("bad", "bad = my_scorers:nothing")):
        folder = here / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(METADATA.format(name=name), "utf-8")
        (folder / "entry_points.txt").write_text(f"[spanlake.scorers]\n{entry}\n", "utf-8")
    sys.path.insert(0, str(here))
    assert load_scorer("good").name == "own"
    assert {"good", "bad"} <= set(scorer_names())
    with pytest.raises(UserError, match="the plugin bad cannot be loaded: AttributeError"):
        load_scorer("bad")
