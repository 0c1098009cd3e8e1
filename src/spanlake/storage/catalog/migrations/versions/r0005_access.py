"""Keys, users, sign-ins and the audit log, which triggers keep append-only."""

import secrets

import sqlalchemy as sa
from alembic import op

from spanlake.storage.catalog.utc_time import UtcTime

revision = "0005"
down_revision = "0004"

_APPEND_ONLY = "the audit log is append-only"
_SQLITE_TRIGGER = """
CREATE TRIGGER audit_no_{event} BEFORE {event} ON audit
BEGIN SELECT RAISE(ABORT, '{rule}'); END
"""
_POSTGRES_FUNCTION = """
CREATE FUNCTION spanlake_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{rule}'; END $$
"""
_POSTGRES_TRIGGER = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION spanlake_audit_append_only()
"""


def upgrade() -> None:
    """Make the tables."""
    count = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    state = op.create_table(
        "access_state",
        sa.Column("state_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("revision", count, nullable=False),
        sa.Column("cookie_secret", sa.Text, nullable=False),
        sa.Column("in_use_since", UtcTime),
        sa.PrimaryKeyConstraint("state_id", name=op.f("pk_access_state")),
        sa.CheckConstraint("state_id = 1", name=op.f("ck_access_state_one")),
    )
    op.bulk_insert(
        state, [{"state_id": 1, "revision": 1, "cookie_secret": secrets.token_urlsafe(32)}]
    )
    _make_keys(count)
    _make_users()
    op.create_table(
        "audit",
        sa.Column("event_id", count, sa.Identity(always=True)),
        sa.Column("occurred_at", UtcTime, nullable=False),
        sa.Column("actor_type", sa.Text, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("actor_id", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("details", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_occurred_at"), "audit", ["occurred_at"])
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(_SQLITE_TRIGGER.format(event=event, rule=_APPEND_ONLY))
    else:
        op.execute(_POSTGRES_FUNCTION.format(rule=_APPEND_ONLY))
        op.execute(_POSTGRES_TRIGGER)


def _make_keys(count: sa.types.TypeEngine[int]) -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("experiment", sa.Text),
        sa.Column("requests_per_minute", sa.Integer),
        sa.Column("bytes_per_day", count),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("expires_at", UtcTime),
        sa.Column("revoked_at", UtcTime),
        sa.Column("last_used_at", UtcTime),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
    )
    op.create_table(
        "api_key_usage",
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("requests", count, nullable=False),
        sa.Column("bytes", count, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "day", name=op.f("pk_api_key_usage")),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_keys.key_id"],
            name=op.f("fk_api_key_usage_key_id"),
            ondelete="CASCADE",
        ),
    )


def _make_users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("issuer", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("last_sign_in_at", UtcTime),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_users_issuer")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_ins")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_sign_ins_user_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_sign_ins_user_id"), "sign_ins", ["user_id"])
