"""SQL of totals in which a row counts for the traces that it stands for, its `sample_weight`.

The macros `lake.weighted_count` and `lake.weighted_sum` are for counts and sums. A quantile needs
the rows in order, which costs time; where nothing is sampled it is left out.
"""

from typing import NamedTuple


class Quantiles(NamedTuple):
    """Of one column, in the groups of a query. is_weighted: whether any weight is not 1."""

    column: str
    by: str
    is_weighted: bool

    def source(self, rows: str) -> str:
        """What to select from, in place of a table or a query in brackets, for `at` to be asked.

        It must have `sample_weight`, the column, and those it is grouped by.
        """
        if not self.is_weighted:
            return rows
        weight = f"if({self.column} IS NULL, 0, sample_weight)"
        groups = f"PARTITION BY {self.by}" if self.by else ""
        return (
            f"(SELECT *, sum({weight}) OVER ({groups} ORDER BY {self.column}) AS weight_up_to,"  # noqa: S608  # names of ours
            f" sum({weight}) OVER ({groups}) AS weight_in_all FROM {rows})"
        )

    def at(self, share: float) -> str:
        """The quantile of this share, between 0 and 1."""
        if not self.is_weighted:
            return f"quantile_cont({self.column}, {share})"
        return f"lake.weighted_quantile({self.column}, weight_up_to, weight_in_all, {share})"
