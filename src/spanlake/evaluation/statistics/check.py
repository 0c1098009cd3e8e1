"""What a gate looks at, one thing a check, and what it asks for."""

from dataclasses import dataclass
from typing import Literal

from spanlake.errors import UserError

CheckKind = Literal["criterion", "coverage", "regression", "non_inferiority", "slice"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the gate looked at. subject: a criterion, a scorer, or a scorer and its slice."""

    kind: CheckKind
    subject: str
    passed: bool
    message: str


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What a gate with a baseline asks for.

    require: "no_regression" fails what is shown to be worse beyond its margin; "non_inferiority"
    fails what is not shown to be within it, too. max_lost: the share of the records the baseline
    has verdicts for that may lack one in the candidate. scorers: those to judge; all, if empty.
    """

    require: Literal["no_regression", "non_inferiority"] = "no_regression"
    max_lost: float = 0.05
    scorers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.max_lost <= 1:
            raise UserError(
                f"max_lost {self.max_lost}: it is a share of the records, from 0 to 1; "
                "0.05 lets one in twenty lack a verdict"
            )


DEFAULT_POLICY = GatePolicy()
