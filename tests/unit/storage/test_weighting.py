"""Totals in which a row stands for several."""

from collections.abc import Iterator
from random import Random

import duckdb
import numpy as np
import pytest

from spanlake.storage.views import define_macros
from spanlake.storage.weighting import Quantiles


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        define_macros(connection)
        yield connection


def quantiles(
    connection: duckdb.DuckDBPyConnection, rows: str, share: float, *, is_weighted: bool
) -> dict[str, float]:
    """By group."""
    asked = Quantiles("ms", "g", is_weighted)
    query = f"SELECT g, {asked.at(share)} FROM {asked.source(rows)} GROUP BY g"  # noqa: S608  # of this test
    return dict(connection.sql(query).fetchall())


@pytest.mark.parametrize("seed", range(10))
def test_a_weighted_quantile_is_that_of_as_many_rows(
    connection: duckdb.DuckDBPyConnection, seed: int
) -> None:
    """A row that stands for three is as three equal rows, whatever the group, ties and NULLs."""
    source = Random(seed)  # noqa: S311  # the same each time
    connection.execute("CREATE TABLE once (g TEXT, ms DOUBLE, sample_weight DOUBLE)")
    values = [
        (source.choice("ab"), source.choice([None, source.randrange(9)]), source.randrange(1, 6))
        for _ in range(source.randrange(1, 40))
    ]
    connection.executemany("INSERT INTO once VALUES (?, ?, ?)", values)
    often = (
        "(SELECT g, ms, unnest(range(sample_weight::BIGINT)) AS n, 1.0 AS sample_weight FROM once)"
    )
    for share in (0.0, 0.05, 0.5, 0.95, 1.0):
        one = quantiles(connection, "once", share, is_weighted=True)
        assert one == pytest.approx(quantiles(connection, often, share, is_weighted=True))
        assert one == pytest.approx(quantiles(connection, often, share, is_weighted=False))
        for group, found in one.items():
            there = [ms for g, ms, n in values if g == group and ms is not None for _ in range(n)]
            assert found == (pytest.approx(np.quantile(there, share)) if there else None)


def test_counts_and_sums_are_of_all_that_rows_stand_for(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """A count is rounded as a whole; a sum of nothing but NULLs is NULL."""
    rows = "(VALUES (1, 2.5, true), (2, 2.5, NULL), (NULL, 1.0, false)) AS t(n, w, is_bad)"
    connection.execute(f"CREATE TABLE few AS FROM {rows}")
    found = connection.sql(
        "SELECT lake.weighted_count(true, w), lake.weighted_count(is_bad, w),"
        " lake.weighted_sum(n, w), lake.weighted_sum(NULL::INT, w) FROM few"
    ).fetchall()
    assert found == [(6, 3, 8, None)]
    none = connection.sql("SELECT lake.weighted_count(true, w) FROM few WHERE w > 9").fetchall()
    assert none == [(0,)]
