"""How well people who label the same records agree with each other."""

from dataclasses import dataclass

import numpy as np

from spanlake.errors import UserError
from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.statistics.agreement.krippendorff import krippendorff_alpha
from spanlake.evaluation.statistics.agreement.labels import codes_of, kind_of_labels, usable
from spanlake.evaluation.statistics.estimate import Estimate, Kind
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """Krippendorff's alpha of labels.

    records: those with a label; alpha's count is of those with two or more, which are the ones that
    tell. unusable: labels that are null, NaN or infinite.
    """

    kind: Kind
    raters: tuple[str, ...]
    records: int
    labels: int
    unusable: int
    alpha: Estimate


def rater_agreement(frame: "pl.DataFrame", resampling: Resampling = DEFAULT) -> RaterAgreement:
    """The agreement of labels in the columns `record_id`, `rater` and `value`.

    Raters may be any number, and each may have labelled any records. Raises UserError where one has
    labelled a record twice.
    """
    for name in ("record_id", "rater", "value"):
        if name not in frame.columns:
            raise UserError(
                f"the labels have no column {name!r}; they have {', '.join(frame.columns)}"
            )
    labels = frame.select(
        pl.col("record_id", "rater").cast(pl.String), usable(frame, ["value"])[0].alias("value")
    )
    told = labels.drop_nulls().sort("record_id", "rater")
    twice = told.filter(told.select("record_id", "rater").is_duplicated())
    if len(twice):
        record, rater, _ = twice.row(0)
        raise UserError(
            f"rater {rater!r} has {len(twice.filter(record_id=record, rater=rater))} labels for "
            f"record {record!r}; one is allowed: leave out those that were overridden"
        )
    found = told["value"].unique().sort()
    kind = kind_of_labels(found)
    values = told["value"]
    numbers = codes_of(found, values) if kind is Kind.NOMINAL else values.to_numpy()
    records, raters = (
        told[name].rank("dense").cast(pl.Int64) - 1 for name in ("record_id", "rater")
    )
    ratings = np.full((told["record_id"].n_unique(), told["rater"].n_unique()), np.nan)
    ratings[records.to_numpy(), raters.to_numpy()] = numbers
    return RaterAgreement(
        kind,
        tuple(told["rater"].unique().sort()),
        len(ratings),
        len(told),
        len(labels) - len(told),
        krippendorff_alpha(ratings, kind, resampling=resampling),
    )
