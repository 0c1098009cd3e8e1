"""Keys and users of a server that a test has made, and certificates for it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import trustme

from spanlake.access.passwords import hash_password
from spanlake.entities.access import Permission, Principal, Role
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.keys import create_key
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.users import create_user

ACTOR = Principal.local("tests")
PASSWORD = "correct horse battery staple"  # noqa: S105  # of nobody


def make_key(data: Path, name: str, *scopes: Permission, experiment: str | None = None) -> str:
    """Make a key in the catalog of a data directory; return all of it."""
    with Catalog.open(default_location(data)) as catalog:
        return create_key(catalog, name, scopes, actor=ACTOR, experiment=experiment).text


def make_user(data: Path, name: str, role: Role) -> None:
    """Make a user whose password is PASSWORD."""
    with Catalog.open(default_location(data)) as catalog:
        create_user(catalog, name, role, actor=ACTOR, password_hash=_hash())


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


def bearer(key: str) -> dict[str, str]:
    """The header that shows a key."""
    return {"authorization": f"Bearer {key}"}


@dataclass(frozen=True)
class Certificates:
    """PEM files: of an authority, of a server at 127.0.0.1, and of a client."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path

    @classmethod
    def made_in(cls, folder: Path) -> "Certificates":
        """New ones."""
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(*(folder / f"{name}.pem" for name in ("ca", "server", "key", "client", "ckey")))
        authority = trustme.CA()
        authority.cert_pem.write_to_path(made.authority)
        made.renew(authority)
        client = authority.issue_cert("client@example.com")
        client.cert_chain_pems[0].write_to_path(made.client)
        client.private_key_pem.write_to_path(made.client_key)
        return made

    def renew(self, authority: trustme.CA) -> None:
        """Replace the server's."""
        server = authority.issue_cert("127.0.0.1", "localhost")
        server.cert_chain_pems[0].write_to_path(self.server)
        server.private_key_pem.write_to_path(self.server_key)

    def config(self, *, is_mutual: bool = False) -> str:
        """An otel-config.yaml with them on both ports."""
        tls = f"{{cert_file: '{self.server}', key_file: '{self.server_key}'"
        tls += f", client_ca_file: '{self.authority}'}}" if is_mutual else "}"
        protocols = f"{{grpc: {{tls: {tls}}}, http: {{tls: {tls}}}}}"
        return f"receivers: {{otlp: {{protocols: {protocols}}}}}\n"
