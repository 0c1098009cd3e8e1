"""The verdicts of a run as one table, with what could not be read counted instead of dropped.

What comes in has one row for a record, repetition and scorer, in the columns of the view
`assessments`. What goes out has one number a row, or the reason why there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spanlake.errors import UserError
from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.statistics.estimate import Kind

PASSING = ("yes", "true", "pass", "passed")
FAILING = ("no", "false", "fail", "failed")
MAX_ORDINAL_VALUES = 11
"""Whole numbers with more distinct values than 0 to 10 are measurements, no rating scale."""
_VALUES = ("value_bool", "value_double", "value_string", "value")
_ERRORS = ("error_code", "error_message")
SCORED = "scored"
_MISSING, _ERROR, _UNREADABLE = "missing", "error", "unreadable"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of the rows of a scorer in a run.

    missing: no value (the scorer abstained). errors: the scorer or the app failed. unreadable: NaN,
    infinite, or a word that is neither yes nor no.
    """

    rows: int
    scored: int
    missing: int
    errors: int
    unreadable: int

    @property
    def unscored(self) -> int:
        """Rows without a usable verdict."""
        return self.rows - self.scored


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of one run.

    table: record_id, session_id, scorer (strings), repetition, value (float), passed (bool or
    null), is_binary, state, trace_id, and the slice columns, sorted.
    """

    table: "pl.DataFrame"
    slices: tuple[str, ...] = ()

    @property
    def scorers(self) -> list[str]:
        """The names of its scorers, sorted."""
        return self.table["scorer"].unique().sort().to_list()

    def of(self, scorer: str) -> "pl.DataFrame":
        """The rows of one scorer."""
        return self.table.filter(pl.col("scorer") == scorer)

    def coverage(self, scorer: str) -> Coverage:
        """How many rows of a scorer have a verdict, and why the others have none."""
        states = self.of(scorer)["state"]
        counts = [int((states == state).sum()) for state in (_MISSING, _ERROR, _UNREADABLE)]
        return Coverage(len(states), len(states) - sum(counts), *counts)


def read_verdicts(frame: "pl.DataFrame", slices: Sequence[str] = ()) -> Verdicts:
    """Read a run's verdicts.

    Needs `record_id`, `scorer` and at least one of value_bool, value_double, value_string, or one
    column `value` of booleans, numbers or strings. Takes `repetition`, `session_id` (rows that hang
    together), `passed`, `trace_id`, `error_code`, `error_message`, and `slices` by their names.
    Rows of the same record are repetitions of it, whatever they are numbered.
    """
    _require(frame, ["record_id", "scorer", *slices])
    if nameless := frame["record_id"].null_count():
        raise UserError(
            f"{nameless} of {len(frame)} verdicts have no record_id; runs are paired by it, so "
            "every row needs one (a trace id does, too)"
        )
    values = [name for name in _VALUES if name in frame.columns]
    if not values:
        raise UserError(
            f"the verdicts have no value column; they need one of {', '.join(_VALUES)} "
            f"and have {', '.join(frame.columns)}"
        )
    readings = [reading(name, frame.schema[name]) for name in values]
    errors = [pl.col(name).is_not_null() for name in _ERRORS if name in frame.columns]
    number = pl.col("value")
    state = (
        pl.when(pl.col("_failed"))
        .then(pl.lit(_ERROR))
        .when(~pl.col("_given"))
        .then(pl.lit(_MISSING))
        .when(number.is_null() | ~number.is_finite())
        .then(pl.lit(_UNREADABLE))
        .otherwise(pl.lit(SCORED))
    )
    table = frame.select(
        pl.col("record_id", "scorer", *slices).cast(pl.String),
        *_optional(frame),
        pl.coalesce([column.number for column in readings]).alias("value"),
        pl.any_horizontal([column.is_binary for column in readings]).alias("is_binary"),
        pl.any_horizontal([pl.col(name).is_not_null() for name in values]).alias("_given"),
        pl.any_horizontal([*errors, pl.lit(False)]).alias("_failed"),
    ).with_columns(state.alias("state"))
    table = table.drop("_given", "_failed").with_columns(
        pl.when(pl.col("state") == SCORED).then(number).alias("value"),
    )
    order = ["scorer", "record_id", "repetition", "value", "trace_id"]
    return Verdicts(table.sort(order, nulls_last=True), tuple(slices))


def kind_of(tables: Sequence["pl.DataFrame"]) -> Kind:
    """What the scored values of a scorer, over all runs, are."""
    rows = pl.concat(
        [table.filter(state="scored").select("value", "is_binary") for table in tables]
    )
    values = rows["value"].unique()
    if rows["is_binary"].all() or values.is_in([0.0, 1.0]).all():
        return Kind.BINARY
    if len(values) <= MAX_ORDINAL_VALUES and bool((values == values.round()).all()):
        return Kind.ORDINAL
    return Kind.NUMERIC


class Reading(NamedTuple):
    """A column as numbers, null for what is none, and whether it says pass or fail."""

    number: "pl.Expr"
    is_binary: "pl.Expr"


def reading(name: str, dtype: "pl.DataType") -> Reading:
    """How to read a column of verdicts; raises UserError for lists and structs."""
    column = pl.col(name)
    if dtype == pl.Boolean:
        return Reading(column.cast(pl.Float64), column.is_not_null())
    if dtype.is_numeric() or dtype == pl.Null:
        return Reading(column.cast(pl.Float64), pl.lit(False))
    if dtype != pl.String:
        raise UserError(
            f"the column {name!r} of the verdicts holds {dtype}; "
            "a verdict is a boolean, a number or a string"
        )
    word = column.str.strip_chars(' "').str.to_lowercase()
    passing, failing = word.is_in(PASSING), word.is_in(FAILING)
    number = pl.when(passing).then(1.0).when(failing).then(0.0)
    return Reading(
        number.otherwise(word.cast(pl.Float64, strict=False)),
        (passing | failing).fill_null(value=False),
    )


def _optional(frame: "pl.DataFrame") -> "list[pl.Expr]":
    types = {
        "session_id": pl.String,
        "repetition": pl.Int64,
        "trace_id": pl.String,
        "passed": pl.Boolean,
    }
    return [
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in types.items()
    ]


def _require(frame: "pl.DataFrame", names: Sequence[str]) -> None:
    for name in names:
        if name not in frame.columns:
            raise UserError(
                f"the verdicts have no column {name!r}; they have {', '.join(frame.columns)}"
            )
