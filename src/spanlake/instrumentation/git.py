"""What git says of the directory a program runs in."""

import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from spanlake.entities.git import GitState

_PATIENCE = 5.0  # seconds; a network file system may hang


def git_state(directory: Path) -> GitState | None:
    """The state of the repository that holds a directory; None without one, or without git."""
    commit = _git(directory, "rev-parse", "HEAD")
    if not commit:
        return None
    branch = _git(directory, "symbolic-ref", "--quiet", "--short", "HEAD") or _ci_branch()
    changed = _git(directory, "status", "--porcelain", "--untracked-files=no")
    url = _git(directory, "config", "--get", "remote.origin.url")
    return GitState(commit, branch or None, bool(changed), _without_secrets(url) if url else None)


def _git(directory: Path, *arguments: str) -> str:
    """What a git command prints; the empty text when it fails."""
    try:
        done = subprocess.run(  # noqa: S603  # git with arguments of ours
            ["git", "-C", str(directory), *arguments],  # noqa: S607  # the user's own git
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
            # Reading must not write: `git status` refreshes the index else.
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _ci_branch() -> str:
    """The branch that CI, which checks out a commit, has told its jobs."""
    names = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BUILDKITE_BRANCH")
    return next((value for name in names if (value := os.environ.get(name))), "")


def _without_secrets(url: str) -> str:
    """A remote's address without the user and password that may stand in it."""
    parts = urlsplit(url)
    if not parts.hostname:
        return url  # git@host:path, or a path
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{parts.hostname}{port}", query="", fragment="").geturl()
