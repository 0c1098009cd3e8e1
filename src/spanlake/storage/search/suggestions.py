"""What the fields of a filter are in this lake: names and values that really occur."""

from spanlake.storage.lake import Lake
from spanlake.storage.search.fields import Field, FieldKind
from spanlake.storage.search.predicates import ASSESSED_TEXT

# The newest rows, by which values are found and counted: enough to be useful, few enough to wait.
_ROWS = 20_000
_QUERY = """
SELECT value
FROM (SELECT {value} AS value FROM (FROM {view} LIMIT {rows}) WHERE {where})
WHERE value IS NOT NULL AND starts_with(lower(value), lower($beginning))
GROUP BY value
ORDER BY count(*) DESC, value
LIMIT $limit
"""


def known_values(
    lake: Lake, field: Field, key: str | None, beginning: str, *, limit: int = 20
) -> list[str]:
    """The most frequent values of a field that begin with `beginning`.

    Of a family: the values of `key` in it, or the most frequent keys if that is None.
    """
    value, where = field.suggest, "true"
    if key is not None:
        value = ASSESSED_TEXT if field.kind is FieldKind.ASSESSMENT else field.sql
        where = field.where or where
    if value is None:
        return []
    view = "assessments" if field.rows == "assessment" else "spans"
    query = _QUERY.format(value=value, view=view, rows=_ROWS, where=where)
    params = {"beginning": beginning, "limit": limit} | ({} if key is None else {"key": key})
    return [str(found) for (found,) in lake.rows(query, params)]
