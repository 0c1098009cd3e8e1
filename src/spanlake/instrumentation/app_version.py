"""The version of the app that runs: every span that starts later says it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from opentelemetry.util.types import AttributeValue

from spanlake.entities.git import GitState
from spanlake.errors import UserError
from spanlake.instrumentation.git import git_state
from spanlake.instrumentation.json_text import to_text
from spanlake.instrumentation.stamps import STAMPS

NAME = "spanlake.app_version"
_PARAM = f"{NAME}.param."
_DIRTY = f"{NAME}.is_dirty"
_SHORT = 12  # digits of a commit that stand for it
_LONGEST = 4096  # characters of a parameter


@dataclass(frozen=True, slots=True)
class AppVersion:
    """A version of an app. params: what it is made of, as text. git: None outside a repository."""

    name: str
    params: Mapping[str, str] = field(default_factory=dict)
    git: GitState | None = None


def set_app_version(
    name: str | None = None, params: Mapping[str, object] | None = None
) -> AppVersion:
    """Let every later span of this process be of a version of the app, until another is set.

    name: as it is known to people; without one it is the commit's, such as `9f3c2ab01d7e` or
    `9f3c2ab01d7e-dirty`. params: what it is made of (model, prompt, temperature, …). The commit,
    the branch and whether files differ from it are found by themselves, where the program's main
    file is, or else in the working directory. Raises UserError without a name and without git.
    """
    git = git_state(_home())
    if name is None:
        if git is None or git.commit is None:
            raise UserError(
                "set_app_version has no name, and the program is in no git repository: pass a name"
            )
        name = git.commit[:_SHORT] + ("-dirty" if git.is_dirty else "")
    if not name.strip():
        raise UserError(f"the version's name is {name!r}: must not be empty")
    texts = {key: to_text(value, _LONGEST) for key, value in (params or {}).items()}
    STAMPS.set_for_all(_attributes(name, texts, git or GitState()), instead_of=NAME)
    return AppVersion(name, texts, git)


def _home() -> Path:
    """Where the program's own code is."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    installed = Path(sys.prefix)
    if file is not None and installed not in (path := Path(file).resolve()).parents:
        return path.parent
    return Path.cwd()  # a console script, a notebook, python -c


def _attributes(name: str, params: Mapping[str, str], git: GitState) -> dict[str, AttributeValue]:
    # The names that OpenTelemetry has for a source repository.
    said = {
        NAME: name,
        **{f"{_PARAM}{key}": value for key, value in params.items()},
        "vcs.ref.head.revision": git.commit,
        _DIRTY: git.is_dirty,
        "vcs.ref.head.name": git.branch,
        "vcs.repository.url.full": git.repository,
    }
    return {key: value for key, value in said.items() if value is not None}
