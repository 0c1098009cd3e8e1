"""The order of traces, as `order_by` says it."""

import re
from collections.abc import Sequence

from spanlake.errors import UserError
from spanlake.storage.search.errors import nearest
from spanlake.storage.search.fields import Field, FieldKind, all_fields, find_field

NEWEST_FIRST = "start_time DESC NULLS LAST, trace_id"
_KEY = re.compile(r"\s*(?P<name>\S+)(?:\s+(?P<direction>asc|desc))?\s*", re.IGNORECASE)
_UNORDERED = {FieldKind.LIST, FieldKind.CONTENT, FieldKind.WORD, FieldKind.ASSESSMENT}


def order_clause(keys: Sequence[str]) -> str:
    """What follows ORDER BY for keys such as `duration DESC`; of none, the newest come first.

    What has no value comes last, and what is equal in all keys is in the order of its ids.
    """
    if not keys:
        return NEWEST_FIRST
    return ", ".join([*map(_ordered, keys), "trace_id"])


def _ordered(key: str) -> str:
    found = _KEY.fullmatch(key)
    if found is None:
        raise UserError(f"order_by is {key!r}: must be a field, then ASC or DESC or nothing")
    field = _field(found["name"])
    if field is None or not _has_order(field):
        known = [each for each in all_fields("trace") if _has_order(each)]
        near = nearest(
            found["name"], [name for each in known for name in (each.name, *each.aliases)]
        )
        meant = f"; did you mean {near}?" if near else ""
        listed = ", ".join(each.name for each in known)
        raise UserError(f"order_by is {key}: must be one of {listed}{meant}")
    return f"{field.sql} {(found['direction'] or 'ASC').upper()} NULLS LAST"


def _field(name: str) -> Field | None:
    found = find_field(tuple(name.replace("`", "").split(".")), "trace")
    return found.field if found and found.field.scope == "trace" else None


def _has_order(field: Field) -> bool:
    return field.via is None and field.kind not in _UNORDERED
