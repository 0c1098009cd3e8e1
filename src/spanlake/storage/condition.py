"""A condition of a query with its values apart: bound when it runs, written out when shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

_PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL that is true or false of a row. params: for each `$name` in it, its value."""

    sql: str
    params: Mapping[str, object] = field(default_factory=dict)

    def written_out(self) -> str:
        """The same as one text, for people to read and change."""
        return _PARAMETER.sub(lambda found: literal(self.params[found[1]]), self.sql)


def all_of(conditions: Sequence[Condition]) -> Condition:
    """The condition that all of these are, true for none; parameters get names of their own."""
    parts = []
    params: dict[str, object] = {}
    for number, each in enumerate(conditions):
        parts.append(_PARAMETER.sub(rf"$\g<1>_{number}", each.sql))
        params |= {f"{name}_{number}": value for name, value in each.params.items()}
    return Condition("\n    AND ".join(parts) or "true", params)


def literal(value: object) -> str:
    """A value as SQL has it."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case datetime():
            return f"TIMESTAMPTZ '{value.astimezone(UTC).isoformat(' ')}'"
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return "'" + str(value).replace("'", "''") + "'"
