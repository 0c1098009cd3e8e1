from collections.abc import Iterator
from pathlib import Path

import pytest
from credentials import ACTOR, make_key
from starlette.requests import Request

from spanlake.access.access import Access
from spanlake.access.cross_site import ForeignRequestError
from spanlake.access.policy import Policy
from spanlake.config import Settings
from spanlake.entities.access import Permission, Principal, Role
from spanlake.errors import OverloadedError, UnauthenticatedError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.keys import create_key
from spanlake.storage.catalog.location import Location, default_location

READ = Policy(Permission.READ)


def settings(**auth: object) -> Settings:
    return Settings.model_validate({"extensions": {"spanlake_auth": auth}})


def request(**headers: str) -> Request:
    """A GET as a server takes it in."""
    named = {
        "host": "localhost",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    raw = [(name.encode(), text.encode()) for name, text in named.items()]
    scope = {"type": "http", "scheme": "http", "method": "GET", "path": "/traces"}
    return Request(scope | {"query_string": b"", "headers": raw, "client": ("10.0.0.1", 5)})


@pytest.fixture
def access(tmp_path: Path) -> Iterator[Access]:
    """Access to a server as it is without a configuration; it is not started."""
    made = Access.of(Settings(), tmp_path, default_location(tmp_path))
    yield made
    made.stop()


def broken(root: Path) -> Location:
    """A catalog that cannot be."""
    (root / "catalog.sqlite").mkdir()
    return default_location(root)


def test_roles_and_scopes() -> None:
    """Each role may do what those before it may; no person sends telemetry; admin keys may all."""
    steps = [Permission.READ, Permission.LABEL, Permission.EDIT, Permission.ADMIN]
    for count, role in enumerate(Role, 1):
        user = Principal.user("ann", "1", role)
        assert [each for each in steps if user.may(each)] == steps[:count]
        assert not user.may(Permission.INGEST)
        assert user.may(Permission.PUBLIC)


def test_open_until_there_is_somebody(tmp_path: Path, access: Access) -> None:
    """Without key and user anybody of this machine may pass; with a key nobody without one."""
    access.start()
    passed = access.gate.admit(request(), READ, "/traces")
    assert passed.source_id is None
    assert passed.may(Permission.ADMIN)
    with pytest.raises(ForeignRequestError):
        access.gate.admit(request(host="evil.example"), READ, "/traces")
    key = make_key(tmp_path, "app", Permission.READ)
    again = Access.of(Settings(), tmp_path, default_location(tmp_path))
    again.start()
    with pytest.raises(UnauthenticatedError):
        again.gate.admit(request(), READ, "/traces")
    # With a credential the name of the host does not matter: it may be that of a proxy.
    known = again.gate.admit(request(host="lake.example", x_spanlake_key=key), READ, "/traces")
    assert (known.source_id, known.source) == ("app", "10.0.0.1")
    again.stop()


def test_never_and_always(tmp_path: Path) -> None:
    """`require: never` asks nobody though there is a key; `always` asks though there is none."""
    location = default_location(tmp_path)
    always = Access.of(settings(require="always"), tmp_path, location)
    always.start()
    with pytest.raises(UnauthenticatedError):
        always.gate.admit(request(), READ, "/traces")
    assert always.lets_nobody_in
    always.stop()
    with Catalog.open(location) as catalog:
        create_key(catalog, "app", ["read"], actor=ACTOR)
    never = Access.of(settings(require="never"), tmp_path, location)
    never.start()
    assert never.gate.admit(request(), READ, "/traces").may(Permission.READ)


def test_a_catalog_that_cannot_be_read(tmp_path: Path) -> None:
    """Without a catalog a server on which nobody was ever asked stays open, and no other one."""
    location = broken(tmp_path)
    first = Access.of(Settings(), tmp_path, location)
    first.start()
    assert first.gate.admit(request(), READ, "/traces").may(Permission.READ)
    first.stop()
    always = Access.of(settings(require="always"), tmp_path, location)
    always.start()
    with pytest.raises(OverloadedError, match="the catalog cannot be read"):
        always.gate.admit(request(), READ, "/traces")
    assert not always.lets_nobody_in
    always.stop()


def test_a_lost_catalog_opens_nothing(tmp_path: Path, access: Access) -> None:
    """Whoever takes the catalog away from a server with keys does not open it by a restart."""
    make_key(tmp_path, "app", Permission.READ)
    access.start()
    (tmp_path / "catalog.sqlite").rename(tmp_path / "away")
    again = Access.of(Settings(), tmp_path, broken(tmp_path))
    again.start()
    with pytest.raises(OverloadedError):
        again.gate.admit(request(), READ, "/traces")
    again.stop()


@pytest.mark.parametrize("peer", ["ipv4:10.0.0.7:53412", "ipv6:%5B10::7%5D:53412", "unix:"])
def test_calls(tmp_path: Path, access: Access, peer: str) -> None:
    """A call shows its key as metadata, and is known by the address of its peer."""
    key = make_key(tmp_path, "app", Permission.INGEST)
    access.start()
    metadata: list[tuple[str, str | bytes]] = [
        ("authorization", f"bearer {key}"),
        ("other-bin", b"\xff"),
    ]
    policy = Policy(Permission.INGEST)
    caller = access.gate.admit_call(metadata, peer, policy, "/Export")
    expected = {"ipv4": "10.0.0.7", "ipv6": "10::7", "unix": None}[peer.partition(":")[0]]
    assert (caller.name, caller.source) == ("app", expected)
    with pytest.raises(UnauthenticatedError):
        access.gate.admit_call([], peer, policy, "/Export")
