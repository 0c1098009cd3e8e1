"""Who is let in: the extension `spanlake_auth`."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from spanlake.config.endpoint import Endpoint
from spanlake.config.problems import RuleError
from spanlake.config.section import Section
from spanlake.config.tls import FilePath
from spanlake.config.values import PositiveSeconds

Require = Literal["auto", "always", "never"]
RoleName = Literal["viewer", "labeler", "editor", "admin"]

_URL = re.compile(r"https?://[^\s?#@]+")
_Text = Annotated[str, Field(min_length=1)]


def _public_url(value: str) -> str:
    if not _URL.fullmatch(value) or urlsplit(value).path.strip("/"):
        raise ValueError("must be https://HOST or http://HOST, without a path")
    return value.rstrip("/")


def _issuer(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("must be the https:// URL of an OpenID provider")
    url = urlsplit(value)
    if url.scheme != "https" and not Endpoint(url.hostname or "", 1).is_loopback:
        raise ValueError("must be https://, because what it says is believed")
    return value


class Oidc(Section):
    """Sign-in by an OpenID provider, with the authorization code flow and PKCE.

    scopes: what it is asked for. username_claim: what people are called here; an `email` has to
    be verified. groups_claim, roles: the claim that lists groups, and the role that each gives.
    default_role: of people with none of these groups; None lets only those in who are users.
    issuer_ca_path: PEM of the authorities that its certificate may be of; None is those of the
    system. label: of the button.
    """

    issuer_url: Annotated[str, AfterValidator(_issuer)]
    client_id: _Text
    client_secret: _Text | None = None
    scopes: tuple[_Text, ...] = ("openid", "profile", "email")
    username_claim: _Text = "email"
    groups_claim: _Text = "groups"
    roles: Mapping[str, RoleName] = {}
    default_role: RoleName | None = None
    issuer_ca_path: FilePath | None = None
    label: _Text = "Sign in with OpenID"

    @model_validator(mode="after")
    def _openid(self) -> Self:
        if "openid" not in self.scopes:
            raise RuleError("must have the scope openid", advice="add it to scopes")
        return self


class SpanlakeAuth(Section):
    """Keys and sign-ins.

    require: `auto` asks for a credential once there has been a key or a user, and always on a port
    that others can reach. session_lifetime: of a sign-in, in seconds. public_url: where browsers
    find the pages, if a proxy stands before them.
    """

    require: Require = "auto"
    session_lifetime: PositiveSeconds = 12 * 3600.0
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    oidc: Oidc | None = None
