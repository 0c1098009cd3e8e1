"""A judge's verdicts beside people's labels, as codes of categories."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spanlake.errors import UserError
from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.statistics.estimate import FloatArray, IntArray, Kind
from spanlake.evaluation.statistics.verdicts import MAX_ORDINAL_VALUES, reading

MAX_CATEGORIES = 50
"""More names than that are free text, no categories."""


@dataclass(frozen=True)
class Labels:
    """Pairs of a judge and a person; arrays have shape (pairs,).

    categories: what the codes stand for; values: the same as numbers (their place, for names).
    unlabelled, unjudged: rows left out because the person, or the judge, said nothing usable.
    """

    kind: Kind
    categories: tuple[str, ...]
    values: FloatArray
    judge: IntArray
    human: IntArray
    unit: IntArray
    rows: "pl.DataFrame"
    unlabelled: int
    unjudged: int


def read_labels(frame: "pl.DataFrame") -> Labels:
    """Read the columns `judge` and `human`: booleans, numbers, yes and no, or other names.

    Rows of the same `session_id`, or else `record_id`, are one unit; without either column each row
    is one. A row where one side is null, NaN or infinite is counted and left out.
    """
    for name in ("judge", "human"):
        if name not in frame.columns:
            raise UserError(
                f"the labels have no column {name!r}; they have {', '.join(frame.columns)}"
            )
    judge, human = usable(frame, ["judge", "human"])
    table = frame.with_columns(
        judge.alias("_judge"), human.alias("_human"), _unit(frame).alias("_unit")
    )
    unlabelled = int(table["_human"].is_null().sum())
    unjudged = int((table["_judge"].is_null() & table["_human"].is_not_null()).sum())
    pairs = table.drop_nulls(["_judge", "_human"]).sort("_unit", "_judge", "_human")
    found = pl.concat([pairs["_judge"].alias("found"), pairs["_human"].alias("found")])
    found = found.unique().sort()
    kind = kind_of_labels(found)
    values = np.arange(len(found)) if kind is Kind.NOMINAL else found.to_numpy()
    return Labels(
        kind,
        tuple(_name(value, kind) for value in found),
        values.astype(np.float64),
        codes_of(found, pairs["_judge"]),
        codes_of(found, pairs["_human"]),
        (pairs["_unit"].rank("dense").cast(pl.Int64) - 1).to_numpy(),
        pairs.select(frame.columns),
        unlabelled,
        unjudged,
    )


def usable(frame: "pl.DataFrame", columns: Sequence[str]) -> "list[pl.Series]":
    """The columns as numbers if all their values can be read as such, else as names.

    What cannot be used is null: NaN and infinities.
    """
    numbers, names = [], []
    for name in columns:
        column = frame.select(
            pl.col(name).cast(pl.String).str.strip_chars(' "').alias("name"),
            reading(name, frame.schema[name]).number.alias("number"),
        )
        numbers.append(column["number"])
        names.append(column["name"])
    if any(
        (~name.is_null() & number.is_null()).any()
        for name, number in zip(names, numbers, strict=True)
    ):
        return names
    return [pl.select(pl.when(number.is_finite()).then(number)).to_series() for number in numbers]


def kind_of_labels(found: "pl.Series") -> Kind:
    """The kind of the distinct labels; raises UserError for free text."""
    if found.dtype == pl.String:
        if len(found) > MAX_CATEGORIES:
            raise UserError(
                f"the labels have {len(found)} different values, as {found[0]!r}; "
                f"agreement is of numbers, or of at most {MAX_CATEGORIES} categories"
            )
        return Kind.NOMINAL
    if found.is_in([0.0, 1.0]).all():
        return Kind.BINARY
    if len(found) <= MAX_ORDINAL_VALUES and bool((found == found.round()).all()):
        return Kind.ORDINAL
    return Kind.NUMERIC


def codes_of(found: "pl.Series", side: "pl.Series") -> IntArray:
    """The places of values among the sorted distinct ones; nulls stay out of it."""
    places = side.replace_strict(found, range(len(found)), return_dtype=pl.Int64)
    return places.to_numpy().astype(np.int64)


def _name(value: float | str, kind: Kind) -> str:
    if kind is Kind.BINARY:
        return "pass" if value else "fail"
    return value if isinstance(value, str) else f"{value:g}"


def _unit(frame: "pl.DataFrame") -> "pl.Expr":
    names = [
        pl.lit(f"{name}:") + pl.col(name).cast(pl.String)
        for name in ("session_id", "record_id")
        if name in frame.columns
    ]
    row = pl.lit("row:") + pl.int_range(pl.len()).cast(pl.String).str.zfill(12)
    return pl.coalesce([*names, row])
