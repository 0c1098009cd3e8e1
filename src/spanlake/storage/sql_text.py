"""The texts in `sql/`, by what they are for: views, sums, runs, sealing, sampling.

Those in `sql/parts/` are queries that others have in them.
"""

from functools import cache
from importlib.resources import files
from string import Template


@cache
def sql_text(name: str) -> str:
    """The text of one of them, by folder and name: `views/spans`."""
    return (files("spanlake.storage") / "sql" / f"{name}.sql").read_text("utf-8")


@cache
def composed(name: str, **given: str) -> str:
    """The text of one of them with what is given in its places: in that of `$scope`, the `scope`.

    Where nothing is given, the query of that name in `sql/parts/` is: in the place of `$billing`,
    that of `parts/billing`, composed in the same way. So one statement has it all: to make a macro
    or a view of each would take DuckDB far longer.
    """
    template = Template(sql_text(name))
    parts = set(template.get_identifiers()) - set(given)
    return template.substitute(
        given, **{part: f"({composed(f'parts/{part}', **given)})" for part in parts}
    )
