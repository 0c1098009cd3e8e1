"""Keys, users, sign-ins and the audit log, in each database that can hold them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from credentials import ACTOR
from sqlalchemy import delete, select, text, update

from spanlake.entities.access import AuditEvent, Permission, Principal, PrincipalKind, Role
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.access_state import access_state, is_access_in_use
from spanlake.storage.catalog.access_tables import API_KEYS, AUDIT, SIGN_INS, USERS
from spanlake.storage.catalog.api_key import key_id_of
from spanlake.storage.catalog.audit_log import read_audit, record_alone
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.failure import CatalogError
from spanlake.storage.catalog.key_usage import KeyUse, note_use
from spanlake.storage.catalog.keys import create_key, list_keys, revoke_key
from spanlake.storage.catalog.sign_ins import (
    Identity,
    end_sign_in,
    read_sign_ins,
    start_oidc_sign_in,
    start_sign_in,
    token_digest,
)
from spanlake.storage.catalog.users import (
    User,
    create_user,
    list_users,
    remove_user,
    set_password,
    set_role,
)
from spanlake.storage.catalog.version import SeenVersion
from spanlake.storage.catalog.version_moves import remove_alias, set_alias
from spanlake.storage.catalog.versions import ensure_versions

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = timedelta(hours=1)
ISSUER = "https://id.example"
HASH, OTHER = "h", "h2"


def revision(catalog: Catalog) -> int:
    with catalog.reading() as connection:
        return access_state(connection).revision


def actions(catalog: Catalog) -> list[tuple[Any, ...]]:
    """What the audit log says, the first event first."""
    events = reversed(read_audit(catalog))
    return [(each["actor"], each["action"], each["target"]) for each in events]


def everything(catalog: Catalog) -> str:
    """All that the tables of access hold, as text."""
    with catalog.reading() as connection:
        tables = (API_KEYS, USERS, SIGN_INS, AUDIT)
        return repr([connection.execute(select(table)).all() for table in tables])


def test_a_key_is_what_was_asked_for(catalog: Catalog) -> None:
    """A key has its scopes in order, its limits and its end; of itself only a digest is kept."""
    ends = datetime.now(UTC) + HOUR
    made = create_key(
        catalog,
        "bot",
        ["read", "ingest"],
        actor=ACTOR,
        experiment="support",
        expires_at=ends,
        requests_per_minute=60,
        bytes_per_day=1 << 40,
    )
    (listed,) = list_keys(catalog)
    assert listed == made.key
    assert listed.scopes == (Permission.INGEST, Permission.READ)
    assert (listed.experiment, listed.expires_at, listed.bytes_per_day) == (
        "support",
        ends,
        1 << 40,
    )
    assert listed.is_of(made.text)
    assert key_id_of(made.text) == listed.key_id
    secret = made.text.split("_", 2)[2]
    assert secret not in everything(catalog) + repr(listed)


def test_a_key_for_nothing_or_too_much_is_refused(catalog: Catalog) -> None:
    """Scopes that there are not, no scope, a past end and impossible limits make no key."""
    past = datetime.now(UTC) - HOUR
    wrong: list[tuple[list[str], dict[str, Any], str]] = [
        (["write"], {}, "--scope is 'write': must be ingest, read, label, edit or admin"),
        (["public"], {}, "--scope is 'public'"),
        ([], {}, "--scope is missing"),
        (["read"], {"expires_at": past}, "must be in the future"),
        (["read"], {"requests_per_minute": 0}, "--requests-per-minute is 0: must be from 1"),
        (["read"], {"bytes_per_day": 1 << 63}, "--bytes-per-day is 9223372036854775808"),
        (["read"], {"experiment": " "}, "--experiment is ' '"),
    ]
    for scopes, limits, said in wrong:
        with pytest.raises(UserError, match=said):
            create_key(catalog, "bot", scopes, actor=ACTOR, **limits)
    with pytest.raises(UserError, match="NAME is ''"):
        create_key(catalog, "", ["read"], actor=ACTOR)
    assert list_keys(catalog) == []
    assert not is_access_in_use(catalog)


def test_a_revoked_key_stays_revoked(catalog: Catalog) -> None:
    """A key is revoked by its id, its name or its beginning, once; servers can tell at once."""
    made = [create_key(catalog, name, ["read"], actor=ACTOR).key for name in ("a", "b", "c")]
    before = revision(catalog)
    for typed in (made[0].key_id, made[1].name, made[2].prefix):
        assert revoke_key(catalog, typed, actor=ACTOR).revoked_at is not None
    assert revision(catalog) == before + 3
    again = revoke_key(catalog, "a", actor=ACTOR)
    assert again.revoked_at == list_keys(catalog)[0].revoked_at
    assert revision(catalog) == before + 3
    assert {key.state(datetime.now(UTC)) for key in list_keys(catalog)} == {"revoked"}


def test_which_key_is_meant(catalog: Catalog) -> None:
    """Of two keys of a name none is revoked by it, and a whole key is never repeated."""
    first = create_key(catalog, "bot", ["read"], actor=ACTOR)
    second = create_key(catalog, "bot", ["read"], actor=ACTOR)
    with pytest.raises(UserError, match="2 keys have this name; give an id"):
        revoke_key(catalog, "bot", actor=ACTOR)
    revoke_key(catalog, first.key.key_id, actor=ACTOR)
    assert revoke_key(catalog, "bot", actor=ACTOR).key_id == second.key.key_id
    stranger = f"slk_{'a' * 12}_{'b' * 43}"
    with pytest.raises(NotFoundError) as caught:
        revoke_key(catalog, stranger, actor=ACTOR)
    assert "b" * 43 not in str(caught.value)


def test_what_is_sent_with_a_key_adds_up(catalog: Catalog) -> None:
    """Uses from several servers are added up by day, and the last one is remembered."""
    key = create_key(catalog, "bot", ["ingest"], actor=ACTOR).key
    now = datetime.now(UTC).replace(microsecond=0)
    today, day_before = f"{now:%Y-%m-%d}", f"{now - timedelta(days=1):%Y-%m-%d}"
    note_use(catalog, [KeyUse(key.key_id, day_before, 1, 7, now - HOUR)])
    note_use(catalog, [KeyUse(key.key_id, today, 2, 100, now)])
    totals = note_use(catalog, [KeyUse(key.key_id, today, 3, 50, now - HOUR)])
    assert totals == {(key.key_id, today): 150}
    (listed,) = list_keys(catalog)
    assert (listed.requests_today, listed.bytes_today) == (5, 150)
    assert listed.last_used_at == now


def test_users_come_change_and_go(catalog: Catalog) -> None:
    """A user has one name and a role that can change; who is not there is told how to be found."""
    create_user(catalog, "ann", "viewer", actor=ACTOR, password_hash=HASH)
    assert is_access_in_use(catalog)
    with pytest.raises(UserError, match="there is such a user"):
        create_user(catalog, "ann", "admin", actor=ACTOR)
    with pytest.raises(UserError, match="ROLE is 'boss': must be viewer, labeler, editor or admin"):
        create_user(catalog, "bob", "boss", actor=ACTOR)
    assert set_role(catalog, "ann", "editor", actor=ACTOR).role is Role.EDITOR
    assert set_password(catalog, "ann", OTHER, actor=ACTOR).password_hash == OTHER
    assert [user.name for user in list_users(catalog)] == ["ann"]
    remove_user(catalog, "ann", actor=ACTOR)
    changes: list[Callable[[], User]] = [
        lambda: set_role(catalog, "ann", "viewer", actor=ACTOR),
        lambda: set_password(catalog, "ann", HASH, actor=ACTOR),
        lambda: remove_user(catalog, "ann", actor=ACTOR),
    ]
    for change in changes:
        with pytest.raises(NotFoundError, match="'ann': no such user; `spanlake users list`"):
            change()
    assert is_access_in_use(catalog)
    assert actions(catalog) == [
        ("tests", "user.create", "ann"),
        ("tests", "user.role", "ann"),
        ("tests", "user.password", "ann"),
        ("tests", "user.remove", "ann"),
    ]


def test_a_sign_in_ends(catalog: Catalog) -> None:
    """A sign-in ends by signing out, with its time, a new password, or with its user."""
    user = create_user(catalog, "ann", "viewer", actor=ACTOR)

    def start(token: str, lifetime: timedelta = HOUR) -> None:
        start_sign_in(catalog, user, token, lifetime=lifetime, source="10.0.0.1")

    def digests() -> set[str]:
        with catalog.reading() as connection:
            return {each.digest for each in read_sign_ins(connection)}

    start("first")
    start("second")
    assert digests() == {token_digest("first"), token_digest("second")}
    assert "'first'" not in everything(catalog)
    end_sign_in(catalog, "first", actor=user.principal())
    end_sign_in(catalog, "first", actor=user.principal())
    assert digests() == {token_digest("second")}
    set_password(catalog, "ann", "h", actor=ACTOR)
    assert digests() == set()
    start("past", lifetime=-HOUR)
    assert digests() == set()
    start("third")
    remove_user(catalog, "ann", actor=ACTOR)
    assert digests() == set()
    assert actions(catalog).count(("ann", "session.sign_out", "ann")) == 1


def test_a_provider_brings_users(catalog: Catalog) -> None:
    """Whoever a provider vouches for is made a user, and found again under any name."""

    def come(subject: str, name: str, role: Role | None) -> str:
        identity = Identity(ISSUER, subject, name, role)
        token = f"{subject} {name} {role}"
        user = start_oidc_sign_in(catalog, identity, token, lifetime=HOUR, source=None)
        return f"{user.name} {user.role}"

    assert come("1", "ann", Role.VIEWER) == "ann viewer"
    assert come("1", "ann2", Role.EDITOR) == "ann editor"
    assert come("1", "ann", None) == "ann editor"
    create_user(catalog, "bob", "labeler", actor=ACTOR)
    assert come("2", "bob", None) == "bob labeler"
    with pytest.raises(UserError, match="'eve' is no user here; an administrator adds one"):
        come("3", "eve", None)


def test_a_name_alone_opens_nothing(catalog: Catalog) -> None:
    """A provider's user does not become one who has a password, or whom another identity owns."""
    create_user(catalog, "root", "admin", actor=ACTOR, password_hash=HASH)
    start_oidc_sign_in(
        catalog, Identity(ISSUER, "1", "ann", Role.VIEWER), "t", lifetime=HOUR, source=None
    )
    for subject, name in (("9", "root"), ("2", "ann")):
        identity = Identity(ISSUER, subject, name, Role.VIEWER)
        with pytest.raises(UserError, match="is a user here who signs in another way"):
            start_oidc_sign_in(catalog, identity, "t2", lifetime=HOUR, source=None)


def test_the_audit_log_is_append_only(catalog: Catalog) -> None:
    """No event can be changed or taken out, whoever tries."""
    record_alone(catalog, [AuditEvent(ACTOR, "traces.delete", details={"count": 1})])
    tries: list[Callable[[], Any]] = [
        lambda: update(AUDIT).values(actor="somebody else"),
        lambda: delete(AUDIT),
    ]
    if catalog.location.file is None:
        tries.append(lambda: text("TRUNCATE audit"))
    for change in tries:
        with (
            pytest.raises(CatalogError, match="the audit log is append-only"),
            catalog.writing() as connection,
        ):
            connection.execute(change())
    assert actions(catalog) == [("tests", "traces.delete", None)]


def test_what_strangers_write_is_kept(catalog: Catalog) -> None:
    """Names from outside with NUL, lone surrogates and any length do not stop the log."""
    stranger = Principal(PrincipalKind.ANONYMOUS, source="10.0.0.1")
    event = AuditEvent(stranger, "session.sign_in", "a\x00b\ud800" + "x" * 5000, reason="wrong")
    record_alone(catalog, [event])
    (kept,) = read_audit(catalog)
    assert (kept["outcome"], kept["source"], len(kept["target"])) == ("refused", "10.0.0.1", 1000)
    assert kept["target"].startswith("a�b?xxx")


def test_a_moved_alias_is_audited(catalog: Catalog) -> None:
    """Who gave an alias to which version, or took it away, is in the log, whoever they said."""
    for name in ("v1", "v2"):
        ensure_versions(catalog, [SeenVersion(experiment="default", name=name)])
    key = Principal(PrincipalKind.KEY, "deploy", "k1")
    set_alias(catalog, "v1", "champion", moved_by="ann", actor=key)
    set_alias(catalog, "v1", "champion", moved_by="ann", actor=key)
    set_alias(catalog, "v2", "champion", moved_by="ann")
    remove_alias(catalog, "champion", experiment="default", actor=key)
    assert actions(catalog) == [
        ("deploy", "alias.move", "@champion"),
        ("ann", "alias.move", "@champion"),
        ("deploy", "alias.move", "@champion"),
    ]
