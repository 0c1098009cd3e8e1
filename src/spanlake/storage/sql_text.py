"""The texts in `sql/`, by what they are for: views, sums, runs, sealing, sampling."""

from functools import cache
from importlib.resources import files


@cache
def sql_text(name: str) -> str:
    """The text of one of them, by folder and name: `views/spans`."""
    return (files("spanlake.storage") / "sql" / f"{name}.sql").read_text("utf-8")
