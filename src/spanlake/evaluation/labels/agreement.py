"""How well the reviewers of a queue agree, question by question."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from spanlake.entities.label_schema import (
    InputCategorical,
    InputNumeric,
    InputPassFail,
    LabelSchema,
    LabelValue,
)
from spanlake.entities.review import ItemTarget, Label
from spanlake.errors import UserError
from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.statistics.agreement.calibration import agreement_of
from spanlake.evaluation.statistics.agreement.labels import read_labels
from spanlake.evaluation.statistics.agreement.raters import rater_agreement
from spanlake.evaluation.statistics.estimate import Estimate
from spanlake.evaluation.statistics.resampling import Resampling

# It is computed while somebody waits; the interval's ends are as exact as they are shown.
_LIVE = Resampling(resamples=2_000)
_JOINED = " + "


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers on the items that both answered.

    confusion: counts, a row a category of the first one's, a column one of the second one's; none
    for measurements. observed: the share of equal answers.
    """

    reviewers: tuple[str, str]
    items: int
    observed: Estimate
    kappa: Estimate | None
    categories: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An item that reviewers answered differently. decided: by whom, if somebody adjudicated."""

    item_id: str
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    answers: tuple[Label, ...]
    decision: Label | None

    @property
    def target(self) -> ItemTarget:
        """What the item is of."""
        return ItemTarget(self.trace_id, self.span_id, self.session_id)


@dataclass(frozen=True, slots=True)
class QuestionAgreement:
    """A question of a queue.

    items: with answers of two or more reviewers. alpha: Krippendorff's, of all of them; None for
    texts, which are never quite the same. pairs: every two reviewers with an item in common.
    """

    schema: LabelSchema
    reviewers: tuple[str, ...]
    labels: int
    items: int
    alpha: Estimate | None
    pairs: tuple[PairAgreement, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def open_disagreements(self) -> tuple[Disagreement, ...]:
        """Those that nobody has decided."""
        return tuple(each for each in self.disagreements if each.decision is None)


def queue_agreement(
    schemas: Sequence[LabelSchema], labels: Iterable[Label]
) -> list[QuestionAgreement]:
    """The agreement on each question, in their order. labels: all of the queue."""
    by_schema = defaultdict[str, list[Label]](list)
    for label in labels:
        if label.value is not None:
            by_schema[label.schema_id].append(label)
    return [_of_question(schema, by_schema[schema.schema_id]) for schema in schemas]


def _of_question(schema: LabelSchema, labels: list[Label]) -> QuestionAgreement:
    answers = [each for each in labels if each.role == "reviewer"]
    decided = {each.item_id: each for each in labels if each.role == "adjudicator"}
    by_item = defaultdict[str, list[Label]](list)
    for each in answers:
        by_item[each.item_id].append(each)
    several = {item: given for item, given in by_item.items() if len(given) > 1}
    is_measured = isinstance(schema.input, InputPassFail | InputCategorical | InputNumeric)
    disagreements = [
        Disagreement(item, *given[0].target, tuple(given), decided.get(item))
        for item, given in several.items()
        if is_measured and len({_category(schema, each.value) for each in given}) > 1
    ]
    return QuestionAgreement(
        schema=schema,
        reviewers=tuple(sorted({each.reviewer for each in answers})),
        labels=len(answers),
        items=len(several),
        alpha=_alpha(schema, several) if is_measured and several else None,
        pairs=tuple(_pairs(schema, several)) if is_measured else (),
        disagreements=tuple(disagreements),
    )


def _alpha(schema: LabelSchema, several: dict[str, list[Label]]) -> Estimate | None:
    rows = [each for given in several.values() for each in given]
    frame = pl.DataFrame(
        {
            "record_id": [each.item_id for each in rows],
            "rater": [each.reviewer for each in rows],
            "value": _column(schema, rows),
        }
    )
    try:
        return rater_agreement(frame, _LIVE).alpha
    except UserError:  # more categories than can be told apart
        return None


def _pairs(schema: LabelSchema, several: dict[str, list[Label]]) -> Iterable[PairAgreement]:
    common = defaultdict[tuple[str, str], list[tuple[Label, Label]]](list)
    for given in several.values():
        ordered = sorted(given, key=lambda each: each.reviewer)
        for first, second in combinations(ordered, 2):
            common[first.reviewer, second.reviewer].append((first, second))
    for reviewers, both in sorted(common.items()):
        frame = pl.DataFrame(
            {
                "record_id": [first.item_id for first, _ in both],
                "judge": _column(schema, [first for first, _ in both]),
                "human": _column(schema, [second for _, second in both]),
            }
        )
        try:
            found = agreement_of(read_labels(frame), _LIVE)
        except UserError:
            continue
        yield PairAgreement(
            reviewers, found.pairs, found.observed, found.kappa, found.categories, found.confusion
        )


def _column(schema: LabelSchema, rows: Sequence[Label]) -> "pl.Series":
    values = [_category(schema, each.value) for each in rows]
    if isinstance(schema.input, InputPassFail):
        return pl.Series(values, dtype=pl.Boolean)
    if isinstance(schema.input, InputNumeric):
        return pl.Series(values, dtype=pl.Float64)
    return pl.Series(values, dtype=pl.String)


def _category(schema: LabelSchema, value: LabelValue | None) -> bool | float | str:
    """The value as one of few: a choice of several is one by itself."""
    if isinstance(schema.input, InputPassFail):
        return bool(value)
    if isinstance(schema.input, InputNumeric):
        return float(value)  # type: ignore[arg-type]  # a number, as it was checked
    return _JOINED.join(value) if isinstance(value, list) else str(value)
