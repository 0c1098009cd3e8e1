"""A judge held against people: overall, by slice, and over time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from spanlake.errors import UserError
from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.statistics.agreement.kappa import Weights, cell_rows, kappa_of
from spanlake.evaluation.statistics.agreement.krippendorff import krippendorff_alpha
from spanlake.evaluation.statistics.agreement.labels import Labels, read_labels, usable
from spanlake.evaluation.statistics.agreement.shares import share_of
from spanlake.evaluation.statistics.bootstrap import bootstrap_estimate, sums_by
from spanlake.evaluation.statistics.estimate import Estimate, Kind
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling

_CANARY = "canary"
_CONSISTENT = "position_consistent"


@dataclass(frozen=True, slots=True)
class Rates:
    """What a judge of pass and fail gets right; people are the truth.

    tpr: of what people pass, the share it passes. tnr: of what people fail, the share it fails.
    ppv: of what it passes, the share people pass. npv: of what it fails, the share people fail.
    """

    tpr: Estimate
    tnr: Estimate
    ppv: Estimate
    npv: Estimate
    judge_pass_rate: Estimate
    human_pass_rate: Estimate


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a judge agrees with people.

    pairs: rows with both verdicts; unlabelled, unjudged: rows with one missing. confusion: counts,
    a row a category of the judge's, a column one of the people's; it and kappa are not for
    measurements. weighted_kappa: quadratic, for ratings alone. rates: for pass and fail alone.
    """

    kind: Kind
    pairs: int
    unlabelled: int
    unjudged: int
    categories: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    observed: Estimate
    kappa: Estimate | None
    weighted_kappa: Estimate | None
    alpha: Estimate
    rates: Rates | None


@dataclass(frozen=True, slots=True)
class SliceAgreement:
    """The agreement on the rows whose `column` has `value` (None: that have none)."""

    column: str
    value: str | None
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class WindowAgreement:
    """The agreement on the rows of a window of time that begins at `start`."""

    start: datetime
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Canaries:
    """Rows whose right verdict is beyond doubt. missed: how many of them the judge got wrong."""

    asked: int
    missed: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """The agreement overall, by the values of slice columns, and by windows of time, in order.

    canaries: None where no row is one. consistency: of a judge of pairs, the share of verdicts that
    do not change with the order of the two; None where that is not known.
    """

    overall: Agreement
    slices: tuple[SliceAgreement, ...]
    windows: tuple[WindowAgreement, ...]
    canaries: Canaries | None = None
    consistency: Estimate | None = None


def calibrate(
    frame: "pl.DataFrame",
    *,
    slices: Sequence[str] = (),
    time: str | None = None,
    every: str = "1w",
    resampling: Resampling = DEFAULT,
) -> Calibration:
    """Hold a judge's verdicts (column `judge`) against labels (`human`); see `read_labels`.

    slices: columns whose values are looked at one by one. time: a column of datetimes, cut into
    windows of `every` (Polars' words: "1d", "1w", "1mo").

    Two columns may be there: `canary`, true for rows that are no part of the agreement because
    they are made to be judged as `human` says; and `position_consistent`, whether a judge of pairs
    said the same with the two in either order.
    """
    for name in (*slices, *([time] if time else [])):
        if name not in frame.columns:
            raise UserError(
                f"the labels have no column {name!r}; they have {', '.join(frame.columns)}"
            )
    canaries = None
    if _CANARY in frame.columns:
        is_canary = _truth(frame, _CANARY).fill_null(value=False)
        canaries, frame = _canaries(frame.filter(is_canary)), frame.filter(~is_canary)
    labels = read_labels(frame)
    parts = [
        SliceAgreement(name, value, _part(labels, pl.col(name).cast(pl.String), value, resampling))
        for name in slices
        for value in labels.rows[name].cast(pl.String).unique().sort(nulls_last=True)
    ]
    windows = []
    if time:
        begin = pl.col(time).dt.truncate(every)
        starts = labels.rows.select(begin.alias("start"))["start"].drop_nulls().unique().sort()
        windows = [
            WindowAgreement(start, _part(labels, begin, start, resampling)) for start in starts
        ]
    return Calibration(
        agreement_of(labels, resampling),
        tuple(parts),
        tuple(windows),
        canaries,
        _consistency(labels, resampling) if _CONSISTENT in frame.columns else None,
    )


def agreement_of(labels: Labels, resampling: Resampling = DEFAULT) -> Agreement:
    """Every measure of agreement that fits the kind of labels."""
    size = len(labels.categories)
    counts: tuple[tuple[int, ...], ...] = ()
    kappa = weighted = None
    if labels.kind is not Kind.NUMERIC:
        cells = np.bincount(labels.judge * size + labels.human, minlength=size * size)
        counts = tuple(tuple(row) for row in cells.reshape(size, size).tolist())
        kappa = _kappa(labels, "unweighted", resampling)
    if labels.kind is Kind.ORDINAL:
        weighted = _kappa(labels, "quadratic", resampling)
    everything = np.ones(len(labels.judge), dtype=np.bool_)
    ratings = np.stack([labels.values[labels.judge], labels.values[labels.human]], axis=1)
    return Agreement(
        labels.kind,
        len(labels.judge),
        labels.unlabelled,
        labels.unjudged,
        labels.categories if counts else (),
        counts,
        share_of(labels.judge == labels.human, everything, labels.unit, resampling),
        kappa,
        weighted,
        krippendorff_alpha(ratings, labels.kind, cluster=labels.unit, resampling=resampling),
        _rates(labels, resampling) if labels.kind is Kind.BINARY else None,
    )


def _canaries(rows: "pl.DataFrame") -> Canaries | None:
    """How many canaries came out as they had to; one that was not judged did not."""
    if not len(rows):
        return None
    judge, human = usable(rows, ["judge", "human"])
    return Canaries(len(rows), len(rows) - int((judge == human).fill_null(value=False).sum()))


def _consistency(labels: Labels, resampling: Resampling) -> Estimate:
    """The share of the pairs that were judged alike in both orders, among those that say it."""
    said = _truth(labels.rows, _CONSISTENT)
    is_alike = said.fill_null(value=False).to_numpy()
    return share_of(is_alike, said.is_not_null().to_numpy(), labels.unit, resampling)


def _truth(rows: "pl.DataFrame", column: str) -> "pl.Series":
    """A column of truth values, or of their words, as metadata has them."""
    words = pl.col(column).cast(pl.String).str.to_lowercase()
    return rows.select((words == "true").alias(column))[column]


def _kappa(labels: Labels, weights: Weights, resampling: Resampling) -> Estimate:
    rows = cell_rows(labels.judge, labels.human, len(labels.values))
    units = int(labels.unit.max()) + 1 if len(labels.unit) else 0
    statistic = kappa_of(labels.values, weights)
    return bootstrap_estimate(sums_by(rows, labels.unit, units), statistic, resampling)


def _rates(labels: Labels, resampling: Resampling) -> Rates:
    judge, human = labels.values[labels.judge] == 1, labels.values[labels.human] == 1
    everything = np.ones(len(judge), dtype=np.bool_)
    shares = [
        (judge, human),
        (~judge, ~human),
        (human, judge),
        (~human, ~judge),
        (judge, everything),
        (human, everything),
    ]
    return Rates(*(share_of(these, those, labels.unit, resampling) for these, those in shares))


def _part(
    labels: Labels, column: "pl.Expr", value: str | datetime | None, resampling: Resampling
) -> Agreement:
    """The agreement on the rows whose column has a value; rows without a pair are of the whole."""
    chosen = labels.rows.select(column.eq_missing(pl.lit(value)).alias("chosen"))["chosen"]
    mask = chosen.to_numpy()
    unit = np.unique(labels.unit[mask], return_inverse=True)[1]
    part = replace(
        labels,
        judge=labels.judge[mask],
        human=labels.human[mask],
        unit=unit,
        rows=labels.rows.filter(chosen),
        unlabelled=0,
        unjudged=0,
    )
    return agreement_of(part, resampling)
