"""Where the code of an app is, as git says it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GitState:
    """The state of a repository; what is not known is None, as a detached head's branch.

    commit: the full hash. is_dirty: there were changes that are in no commit. repository: its URL.
    """

    commit: str | None = None
    branch: str | None = None
    is_dirty: bool | None = None
    repository: str | None = None
