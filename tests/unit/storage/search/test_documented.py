"""The page on filters against the tables of fields."""

from pathlib import Path

import pytest

from spanlake.storage.search.fields import SCOPES, Field, all_fields, find_field

PAGE = (Path(__file__).parents[4] / "docs" / "filters.md").read_text("utf-8")
EVERY_FIELD = [field for scope in SCOPES for field in all_fields(scope)]


@pytest.mark.parametrize("field", EVERY_FIELD, ids=lambda field: field.shown_name)
def test_every_field_is_documented(field: Field) -> None:
    """The page on filters has a line for every field, with its other names and what it is about."""
    name = field.shown_name + ("<name>" if field.is_family else "")
    lines = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    (line,) = (line for line in lines if field.about in line)
    assert all(f"`{alias}`" in line for alias in field.aliases if "." not in alias)


@pytest.mark.parametrize("field", EVERY_FIELD, ids=lambda field: field.shown_name)
def test_every_name_means_one_field(field: Field) -> None:
    """A name or alias of a field means that field, and no other."""
    ending = [""] if field.is_family else []
    for name in (field.name, *field.aliases):
        found = find_field((*name.split("."), *ending), field.scope)
        assert found is not None
        assert found.field == field
