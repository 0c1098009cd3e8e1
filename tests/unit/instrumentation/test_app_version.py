import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from recorded import Recorded

import spanlake
from spanlake.entities.git import GitState
from spanlake.errors import UserError
from spanlake.instrumentation.git import git_state
from spanlake.instrumentation.stamps import STAMPS


@pytest.fixture(autouse=True)
def no_version() -> Iterator[None]:
    """No version outlives its test."""
    yield
    STAMPS.clear()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with one commit, in whose app.py the program is."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "GITHUB_", "CI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "app.py").write_text("", "utf-8")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "remote", "add", "origin", "https://user:secret@git.example.com:8443/team/app.git")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "One")
    main = ModuleType("__main__")
    main.__file__ = str(folder / "app.py")
    monkeypatch.setitem(sys.modules, "__main__", main)
    return folder


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_every_later_span_is_of_the_version(recorded: Recorded, repository: Path) -> None:
    """Name, parameters, commit, branch, repository and whether it is dirty are on every span."""
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "app.py").write_text("changed", "utf-8")
    version = spanlake.set_app_version("v7", params={"model": "gpt-4o", "temperature": 0.2})
    with spanlake.span("root"), spanlake.span("child"):
        pass
    url = "https://git.example.com:8443/team/app.git"
    assert version.git == GitState(commit, "main", is_dirty=True, repository=url)
    for name in ("root", "child"):
        assert recorded.attributes(name) == {
            "spanlake.app_version": "v7",
            "spanlake.app_version.param.model": "gpt-4o",
            "spanlake.app_version.param.temperature": "0.2",
            "spanlake.app_version.is_dirty": True,
            "vcs.ref.head.revision": commit,
            "vcs.ref.head.name": "main",
            "vcs.repository.url.full": url,
        }


def test_another_version_takes_its_place(recorded: Recorded, repository: Path) -> None:
    """Of an earlier version nothing stays, and a commit is a name where none is given."""
    spanlake.set_app_version("v1", params={"model": "gpt-4o"})
    version = spanlake.set_app_version()
    with spanlake.span("root"):
        pass
    attributes = recorded.attributes("root")
    assert attributes["spanlake.app_version"] == version.name
    assert version.name == git(repository, "rev-parse", "HEAD")[:12]
    assert "spanlake.app_version.param.model" not in attributes


def test_a_detached_head(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What CI checks out has a commit, and the branch that CI names, if it does."""
    git(repository, "checkout", "--quiet", "--detach")
    git(repository, "remote", "set-url", "origin", "git@example.com:team/app.git")
    state = git_state(repository)
    assert state is not None
    assert (state.branch, state.is_dirty) == (None, False)
    assert state.repository == "git@example.com:team/app.git"
    monkeypatch.setenv("GITHUB_REF_NAME", "feature")
    state = git_state(repository)
    assert state is not None
    assert state.branch == "feature"


def test_no_repository_and_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git a version needs a name, and has no commit."""
    main = ModuleType("__main__")
    main.__file__ = str(tmp_path / "app.py")
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UserError, match="set_app_version has no name"):
        spanlake.set_app_version()
    monkeypatch.setenv("PATH", "")
    assert spanlake.set_app_version("v1").git is None
    with pytest.raises(UserError, match="must not be empty"):
        spanlake.set_app_version(" ")
