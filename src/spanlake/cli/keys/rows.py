"""Keys as `spanlake keys` shows them: never the secret, nor its digest."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from spanlake.storage.catalog.api_key import ApiKey


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key, with the state it is in now. prefix: how the key begins."""

    key_id: str
    name: str
    prefix: str
    state: str
    scopes: tuple[str, ...]
    experiment: str | None
    requests_per_minute: int | None
    bytes_per_day: int | None
    requests_today: int
    bytes_today: int
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: "ApiKey", now: datetime) -> Self:
        """The row of a key at a time."""
        return cls(
            key_id=key.key_id,
            name=key.name,
            prefix=key.prefix,
            state=key.state(now),
            scopes=tuple(each.value for each in key.scopes),
            experiment=key.experiment,
            requests_per_minute=key.requests_per_minute,
            bytes_per_day=key.bytes_per_day,
            requests_today=key.requests_today,
            bytes_today=key.bytes_today,
            created_at=key.created_at,
            created_by=key.created_by,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
        )


def key_table(rows: "Sequence[KeyRow]") -> "Table":
    """Keys for people."""
    from rich.table import Table

    from spanlake.cli.output import printable

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("ID", "NAME", "SCOPES", "EXPERIMENT", "STATE", "EXPIRES", "LAST USED"):
        table.add_column(name, no_wrap=name == "ID")
    for row in rows:
        table.add_row(
            row.key_id,
            printable(row.name),
            " ".join(row.scopes),
            printable(row.experiment or "any"),
            row.state,
            _day(row.expires_at),
            _minute(row.last_used_at),
        )
    return table


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "never"


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"
