"""The tables of keys, users, sign-ins and the audit log, as the newest migration leaves them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from spanlake.storage.catalog.tables import METADATA
from spanlake.storage.catalog.utc_time import UtcTime

_COUNT = BigInteger().with_variant(Integer, "sqlite")

# One row. Its revision goes up with every change of a key, a user or a sign-in, so that servers
# find out about one by reading a number.
ACCESS_STATE = Table(
    "access_state",
    METADATA,
    Column("state_id", Integer, primary_key=True, autoincrement=False),
    Column("revision", _COUNT, nullable=False),
    Column("cookie_secret", Text, nullable=False),
    # When the first key or user was made; from then on a server asks who is there.
    Column("in_use_since", UtcTime),
    CheckConstraint("state_id = 1", name="one"),
)

# A key is never deleted: the audit log and assessments name it.
API_KEYS = Table(
    "api_keys",
    METADATA,
    # The part of a key that is no secret, by which it is looked up.
    Column("key_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # SHA-256 of the whole key, in hex.
    Column("digest", Text, nullable=False),
    # A JSON list.
    Column("scopes", Text, nullable=False),
    # The name of the only one it is for; NULL is any.
    Column("experiment", Text),
    # NULL is without limit.
    Column("requests_per_minute", Integer),
    Column("bytes_per_day", _COUNT),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", Text),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("last_used_at", UtcTime),
)

# What was accepted with a key on a day in UTC, written as YYYY-MM-DD.
API_KEY_USAGE = Table(
    "api_key_usage",
    METADATA,
    Column("key_id", ForeignKey(API_KEYS.c.key_id, ondelete="CASCADE"), primary_key=True),
    Column("day", Text, primary_key=True),
    Column("requests", _COUNT, nullable=False),
    Column("bytes", _COUNT, nullable=False),
)

USERS = Table(
    "users",
    METADATA,
    Column("user_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    # By argon2id; NULL for one who signs in elsewhere.
    Column("password_hash", Text),
    # Who somebody is at an OpenID provider, once signed in there.
    Column("issuer", Text),
    Column("subject", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", Text),
    Column("last_sign_in_at", UtcTime),
    UniqueConstraint("issuer", "subject", name="uq_users_issuer"),
)

SIGN_INS = Table(
    "sign_ins",
    METADATA,
    # SHA-256 of what the cookie holds, in hex.
    Column("digest", Text, primary_key=True),
    Column("user_id", ForeignKey(USERS.c.user_id, ondelete="CASCADE"), nullable=False),
    Column("method", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index("ix_sign_ins_user_id", "user_id"),
)

# Only ever appended to; triggers refuse everything else.
AUDIT = Table(
    "audit",
    METADATA,
    Column("event_id", _COUNT, Identity(always=True), primary_key=True),
    Column("occurred_at", UtcTime, nullable=False),
    # 'key', 'user', 'local' (a command, or a request to an open server), 'anonymous' or 'server'.
    Column("actor_type", Text, nullable=False),
    Column("actor", Text),
    Column("actor_id", Text),
    # A noun and a verb: 'key.create'.
    Column("action", Text, nullable=False),
    Column("target", Text),
    # 'done' or 'refused'.
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    # The address a request came from.
    Column("source", Text),
    # A JSON object.
    Column("details", Text, nullable=False),
    Index("ix_audit_occurred_at", "occurred_at"),
    sqlite_autoincrement=True,
)
