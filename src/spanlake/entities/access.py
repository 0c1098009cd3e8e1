"""Who asks, and what they may."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Permission(StrEnum):
    """What a route or method asks of whoever calls it; a key's scopes are these too.

    PUBLIC is nothing, so that it is no scope.
    """

    PUBLIC = "public"
    INGEST = "ingest"
    READ = "read"
    LABEL = "label"
    EDIT = "edit"
    ADMIN = "admin"


SCOPES = tuple(each for each in Permission if each is not Permission.PUBLIC)
"""What a key can be made for."""


def granted(scopes: Collection[Permission]) -> frozenset[Permission]:
    """What the scopes of a key permit: what they say, and `admin` everything."""
    return frozenset(Permission if Permission.ADMIN in scopes else scopes)


class Role(StrEnum):
    """What a person is; each may do what those before it may."""

    VIEWER = "viewer"
    LABELER = "labeler"
    EDITOR = "editor"
    ADMIN = "admin"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role may. People send no telemetry: a page cannot be made to do it for them."""
        return frozenset(_ROLE_STEPS[: _ROLES.index(self) + 1])


_ROLES = tuple(Role)
_ROLE_STEPS = (Permission.READ, Permission.LABEL, Permission.EDIT, Permission.ADMIN)


class PrincipalKind(StrEnum):
    """How somebody is known."""

    KEY = "key"
    USER = "user"
    LOCAL = "local"
    """Whoever is on this machine: a command, or anybody at a server that asks nobody."""
    ANONYMOUS = "anonymous"
    SERVER = "server"
    """The server itself, such as its retention."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks.

    principal_id: of the key or user. experiment: the only one it may touch; None is any.
    source: the address it comes from.
    """

    kind: PrincipalKind
    name: str | None = None
    principal_id: str | None = None
    permissions: frozenset[Permission] = frozenset()
    experiment: str | None = None
    source: str | None = None

    @classmethod
    def local(cls, name: str | None = None) -> Self:
        """Somebody who is on this machine, who may do everything."""
        return cls(PrincipalKind.LOCAL, name, permissions=frozenset(Permission))

    @classmethod
    def server(cls, source: str | None = None) -> Self:
        """The server itself. source: the address whose request made it act."""
        return cls(PrincipalKind.SERVER, "spanlake", source=source)

    @classmethod
    def user(cls, name: str, user_id: str, role: Role, source: str | None = None) -> Self:
        """Somebody who has signed in."""
        return cls(PrincipalKind.USER, name, user_id, role.permissions, source=source)

    def may(self, permission: Permission) -> bool:
        """Whether it may do what asks for this permission."""
        return permission in self.permissions or permission is Permission.PUBLIC

    @property
    def may_edit(self) -> bool:
        """Whether it may change and delete."""
        return self.may(Permission.EDIT)

    @property
    def may_administer(self) -> bool:
        """Whether it may see and change keys and users."""
        return self.may(Permission.ADMIN)

    @property
    def is_known(self) -> bool:
        """Whether it has shown a credential."""
        return self.kind in (PrincipalKind.KEY, PrincipalKind.USER)

    @property
    def source_id(self) -> str | None:
        """What an assessment names as its source; None when nobody was asked who they are."""
        return self.name if self.is_known else None


AuditDetails = Mapping[str, str | int | float | bool | Collection[str] | None]
"""Texts, numbers and truths, without secrets."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Something that was done, or refused.

    action: a noun and a verb, such as `key.create`. target: what it was done to. reason: why it
    was refused, None when it was done.
    """

    actor: Principal
    action: str
    target: str | None = None
    reason: str | None = None
    details: AuditDetails | None = None
