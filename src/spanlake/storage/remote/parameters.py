"""Parameters of a query written into it: the API takes SQL without."""

import re
from collections.abc import Iterator, Mapping, Sequence

import duckdb

from spanlake.errors import UserError
from spanlake.storage.condition import literal

_NAMED = re.compile(r"\$(\w+)")


def written_out(query: str, params: Sequence[object] | Mapping[str, object] | None) -> str:
    """A query with a literal for each `?`, `$1` or `$name`. UserError for one without a value."""
    if not params:
        return query
    parts, after = [], 0
    for start, end, value in _places(query, params):
        parts += [query[after:start], _literal(value)]
        after = end
    return "".join([*parts, query[after:]])


def _places(
    query: str, params: Sequence[object] | Mapping[str, object]
) -> Iterator[tuple[int, int, object]]:
    """Where each parameter begins and ends, and its value."""
    # DuckDB's offsets are of bytes, and of the beginnings of tokens.
    text = query.encode()
    position = 0
    for start, kind in duckdb.tokenize(query):
        here = len(text[:start].decode())
        if kind != duckdb.token_type.operator:
            continue
        if query[here] == "?":
            position += 1
            yield here, here + 1, _value(params, str(position))
        elif named := _NAMED.match(query, here):
            yield here, named.end(), _value(params, named[1])


def _literal(value: object) -> str:
    if isinstance(value, float):
        return f"'{value!r}'::DOUBLE"  # a plain one would be a DECIMAL
    if isinstance(value, (dict, bytes)):
        raise UserError(
            f"params has a {type(value).__name__}, which a server cannot be sent: write it as JSON "
            "text, or into the query"
        )
    written = literal(value)
    return f"({written})" if written.startswith("-") else written  # 1 --1 is a comment


def _value(params: Sequence[object] | Mapping[str, object], name: str) -> object:
    if isinstance(params, Mapping):
        if name in params:
            return params[name]
    elif name.isdigit() and 0 < int(name) <= len(params):
        return params[int(name) - 1]
    raise UserError(f"params has no value for parameter {name} of the query: give one")
