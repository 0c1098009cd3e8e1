"""The audit log: who did what, and who was refused. Nothing in it is ever changed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, insert, select

from spanlake.entities.access import AuditDetails, AuditEvent, Principal
from spanlake.storage.catalog.access_tables import AUDIT
from spanlake.storage.catalog.catalog import Catalog

if TYPE_CHECKING:
    from spanlake.storage.retention import Retained
    from spanlake.storage.sampling.tail import Sampled

_LONGEST_TEXT = 1000


def record(connection: Connection, *events: AuditEvent) -> None:
    """Add events, as of now, to what the transaction does."""
    if events:
        now = datetime.now(UTC)
        connection.execute(insert(AUDIT), [_row(each, now) for each in events])


def record_alone(catalog: Catalog, events: Sequence[AuditEvent]) -> None:
    """Add events of which no other transaction is a part. CatalogError."""
    if events:
        with catalog.writing() as connection:
            record(connection, *events)


def read_audit(catalog: Catalog) -> list[dict[str, Any]]:
    """Every event as the view `audit` has it, the last one first."""
    query = select(AUDIT).order_by(AUDIT.c.event_id.desc())
    with catalog.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001  # public


def traces_deleted(actor: Principal, trace_ids: Sequence[str]) -> AuditEvent:
    """The event of traces that somebody is about to delete for good."""
    target = trace_ids[0] if len(trace_ids) == 1 else None
    return AuditEvent(actor, "traces.delete", target, details={"count": len(trace_ids)})


def deleted(
    actor: Principal | None, noun: str, name: str, details: AuditDetails | None = None
) -> AuditEvent:
    """The event of a run, version, dataset or queue that is gone. actor: None is who is here."""
    return AuditEvent(actor or Principal.local(), f"{noun}.delete", name, details=details)


def person_erased(actor: Principal) -> AuditEvent:
    """The event of a person whose tokens nobody can read any more; the log does not say who."""
    return AuditEvent(actor, "person.erase")


def rows_retained(actor: Principal, retained: "Retained") -> AuditEvent:
    """The event of days that were too old to stay."""
    days = [day.isoformat() for day in retained.days]
    details: AuditDetails = {**retained.rows, "freed_bytes": retained.freed_bytes, "days": days}
    return AuditEvent(actor, "retention.remove", details=details)


def traces_sampled(actor: Principal, sampled: "Sampled") -> AuditEvent:
    """The event of traces of which a part stays."""
    details: AuditDetails = {**sampled.decisions, "spans": sampled.removed.spans}
    return AuditEvent(actor, "sampling.remove", details=details)


def _row(event: AuditEvent, now: datetime) -> dict[str, object]:
    actor = event.actor
    return {
        "occurred_at": now,
        "actor_type": actor.kind.value,
        "actor": _kept(actor.name),
        "actor_id": _kept(actor.principal_id),
        "action": event.action,
        "target": _kept(event.target),
        "outcome": "done" if event.reason is None else "refused",
        "reason": _kept(event.reason),
        "source": _kept(actor.source),
        "details": orjson.dumps(dict(event.details or {}), default=list).decode(),
    }


def _kept(text: str | None) -> str | None:
    """What both databases can keep of a text that may come from a stranger."""
    if text is None:
        return None
    shown = text.encode("utf-8", "replace").decode().replace("\x00", "�")
    return shown[:_LONGEST_TEXT]
