"""A version of an app, as the catalog and Python code have it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from spanlake.entities.git import GitState


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenVersion:
    """What spans say of the version of the app that sent them."""

    experiment: str
    name: str
    git: GitState = field(default_factory=GitState)
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version. Its name is what spans have in `app_version`, and is of one experiment.

    params: what it was made with, never changed. metrics: the last value of each.
    aliases: such as champion, each borne by one version of the experiment.
    """

    version_id: str
    experiment: str
    name: str
    description: str | None
    git: GitState
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    aliases: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMove:
    """An alias given to a version, or taken away: version and version_id are None then.

    previous: the name of the version that bore it before, None for none. moved_by: a person or
    program, as it calls itself.
    """

    experiment: str
    alias: str
    version_id: str | None
    version: str | None
    previous: str | None
    moved_by: str | None
    note: str | None
    moved_at: datetime
