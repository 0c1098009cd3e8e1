"""Arguments and options that several commands of `spanlake runs` have."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.evaluation.statistics.scorer_spec import ScorerSpec

RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="Its id, the beginning of it, or its name.")
]
Slices = Annotated[
    list[str] | None,
    typer.Option("--slice", metavar="TAG", help="Compare by its values, too; a tag, or split."),
]
Margins = Annotated[
    list[str] | None,
    typer.Option(
        "--margin",
        metavar="SCORER=AMOUNT",
        help="How much worse is acceptable; 0.02 of a pass rate is 2 points.",
    ),
]
Lower = Annotated[
    list[str] | None,
    typer.Option("--lower-is-better", metavar="SCORER", help="Its smaller values are better."),
]


def scorer_specs(margins: list[str] | None, lower: list[str] | None) -> "list[ScorerSpec]":
    """What the options say of scorers."""
    from spanlake.evaluation.statistics.scorer_spec import ScorerSpec

    known = dict(_margin(each) for each in margins or ())
    smaller = set(lower or ())
    return [
        ScorerSpec(
            name=name,
            greater_is_better=False if name in smaller else None,
            margin=known.get(name, 0.0),
        )
        for name in sorted({*known, *smaller})
    ]


def _margin(text: str) -> tuple[str, float]:
    name, equals, amount = text.partition("=")
    try:
        if name and equals:
            return name, float(amount)
    except ValueError:
        pass
    raise UserError(f"--margin is {text!r}: must be SCORER=AMOUNT, such as correctness=0.02")
