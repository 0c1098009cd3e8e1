"""OpenID Connect: the authorization code flow with PKCE, from the client's side."""

import asyncio
import base64
import hashlib
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from spanlake.access.attempt import Attempt, OidcError
from spanlake.config import Oidc
from spanlake.entities.access import Role
from spanlake.storage.catalog.sign_ins import Identity
from spanlake.storage.catalog.users import LONGEST_NAME

_SECONDS = 10.0
_LARGEST_ANSWER = 1 << 20
_FRESH_SECONDS = 3600.0
_LEEWAY_SECONDS = 60
# What a provider signs with; never `none`, and never a secret that it shares with us.
_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
_VERIFIED = "email_verified"


class _Metadata(BaseModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    # What a provider takes that does not say.
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(BaseModel):
    id_token: str


class OidcClient:
    """Signs people in at one provider. Its description and keys are kept for an hour."""

    def __init__(self, settings: Oidc) -> None:
        self.settings = settings
        self._lock = asyncio.Lock()
        self._metadata: _Metadata | None = None
        self._keys: KeySet | None = None
        self._fresh_until = 0.0

    async def url(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser is to be sent. OidcError."""
        metadata, _ = await self._known()
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        separator = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{separator}{urlencode(query)}"

    async def identity(self, attempt: Attempt, code: str, redirect_uri: str) -> Identity:
        """Who came back with this code. OidcError."""
        metadata, _ = await self._known()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }
        client_id, secret = self.settings.client_id, self.settings.client_secret
        basic: tuple[str, str] | None = None
        if secret is None:
            form["client_id"] = client_id
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            basic = quote_plus(client_id), quote_plus(secret)
        else:
            form |= {"client_id": client_id, "client_secret": secret}
        answer = await self._ask("POST", metadata.token_endpoint, form, basic)
        try:
            token = _Tokens.model_validate(answer).id_token
        except ValidationError:
            raise OidcError("the provider gave no id_token for the code") from None
        return self._identity(await self._claims(token, attempt.nonce))

    async def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        metadata, keys = await self._known()
        try:
            decoded = _decoded(token, keys)
        except (JoseError, ValueError):
            # Its keys may have been changed since.
            self._fresh_until = 0.0
            metadata, keys = await self._known()
            try:
                decoded = _decoded(token, keys)
            except (JoseError, ValueError) as error:
                raise OidcError(f"the id_token cannot be believed ({error})") from None
        rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": metadata.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        claims = decoded.claims
        try:
            rules.validate(claims)
        except JoseError as error:
            raise OidcError(f"the id_token cannot be believed ({error})") from None
        audience = claims["aud"]
        is_shared = isinstance(audience, list) and len(audience) > 1
        if is_shared and claims.get("azp") != self.settings.client_id:
            raise OidcError("the id_token is for somebody else")
        return claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        claim = self.settings.username_claim
        name = claims.get(claim)
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise OidcError(
                f"the id_token has no usable claim {claim!r}; set "
                "extensions.spanlake_auth.oidc.username_claim or scopes"
            )
        if claim == "email" and claims.get(_VERIFIED) is not True:
            raise OidcError(
                f"the provider has not verified the e-mail address {name!r}; verify it there, or "
                "set extensions.spanlake_auth.oidc.username_claim to another claim"
            )
        return Identity(str(claims["iss"]), str(claims["sub"]), name, self._role(claims))

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        """The highest role that a group gives, else the one by default."""
        groups = claims.get(self.settings.groups_claim)
        listed = groups if isinstance(groups, list) else [groups]
        given = {Role(role) for group, role in self.settings.roles.items() if group in listed}
        highest = [role for role in Role if role in given]
        if highest:
            return highest[-1]
        default = self.settings.default_role
        return Role(default) if default else None

    async def _known(self) -> tuple[_Metadata, KeySet]:
        async with self._lock:
            if self._metadata is None or self._keys is None or time.monotonic() > self._fresh_until:
                issuer = self.settings.issuer_url
                place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
                answer = await self._ask("GET", place)
                try:
                    metadata = _Metadata.model_validate(answer)
                    keys = KeySet.import_key_set(await self._ask("GET", metadata.jwks_uri))
                except (ValidationError, JoseError, ValueError, KeyError, TypeError) as error:
                    said = type(error).__name__
                    raise OidcError(f"{place} is no description of a provider ({said})") from None
                if metadata.issuer.rstrip("/") != issuer.rstrip("/"):
                    raise OidcError(f"{place} is of another issuer, {metadata.issuer[:200]!r}")
                self._metadata, self._keys = metadata, keys
                self._fresh_until = time.monotonic() + _FRESH_SECONDS
            return self._metadata, self._keys

    async def _ask(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> Any:  # noqa: ANN401  # any JSON
        """The JSON that a place answers with; redirects are not followed. OidcError."""
        if urlsplit(url).scheme != urlsplit(self.settings.issuer_url).scheme:
            raise OidcError(f"{url[:200]!r} is not reached as its issuer is")
        verify = (
            ssl.create_default_context(cafile=self.settings.issuer_ca_path)
            if self.settings.issuer_ca_path
            else True
        )
        try:
            async with (
                httpx2.AsyncClient(verify=verify, timeout=_SECONDS, trust_env=False) as client,
                asyncio.timeout(_SECONDS),
                client.stream(method, url, data=form, auth=basic) as response,
            ):
                content = b""
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > _LARGEST_ANSWER:
                        raise OidcError(f"{url[:200]} answers with too much")
                if response.status_code != httpx2.codes.OK:
                    raise OidcError(f"{url[:200]} answers {response.status_code}")
                return httpx2.Response(200, content=content).json()
        except (httpx2.HTTPError, TimeoutError, ValueError, OSError) as error:
            raise OidcError(f"{url[:200]} cannot be asked ({type(error).__name__})") from None


def _decoded(token: str, keys: KeySet) -> jwt.Token:
    return jwt.decode(token, keys, algorithms=_ALGORITHMS)
