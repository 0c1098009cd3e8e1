"""Queries that are kept under a name."""

from pathlib import Path

import pytest

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.saved_queries import (
    delete_query,
    get_query,
    list_queries,
    save_query,
)


def test_a_query_is_kept_replaced_and_forgotten(tmp_path: Path) -> None:
    """A query is found by its name or id; saved again it is replaced, and deleted it is gone."""
    with Catalog.open(default_location(tmp_path)) as catalog:
        made = save_query(catalog, "errors", "  SELECT 1\r\nFROM spans ")
        save_query(catalog, "Costs", "SELECT 2")
        assert made.query == "SELECT 1\nFROM spans"
        again = save_query(catalog, "errors", "SELECT 3")
        assert (again.query_id, again.created_at) == (made.query_id, made.created_at)
        assert [each.name for each in list_queries(catalog)] == ["Costs", "errors"]
        assert get_query(catalog, "errors") == get_query(catalog, made.query_id) == again
        assert delete_query(catalog, "errors") == again
        with pytest.raises(NotFoundError, match="did you mean 'Costs'"):
            get_query(catalog, "costs")


@pytest.mark.parametrize(("name", "query"), [("", "SELECT 1"), ("a\nb", "SELECT 1"), ("a", " ")])
def test_what_is_no_query_is_refused(tmp_path: Path, name: str, query: str) -> None:
    """A name is a line, and a query says something."""
    with Catalog.open(default_location(tmp_path)) as catalog, pytest.raises(UserError):
        save_query(catalog, name, query)
