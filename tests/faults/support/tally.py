"""What the fault suite has tried: how many faults of each kind, with which seeds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

RESULTS = Path(__file__).parents[2] / "data" / "trust" / "faults.json"
"""What the last recorded run of each test tried; a test is in it only if it passed."""


class Family(StrEnum):
    """Kinds of faults, in the words and the order of the page on trust."""

    KILL = "SIGKILL at random under load"
    KILL_AT_STEP = "SIGKILL before and after every kind of step of upkeep, and of a commit"
    POWER_CUT = "Power cuts: legal states of the disk after a recorded run"
    FAILED_CALL = "The n-th write, fsync, rename, open, … fails"
    FULL_DISK = "The disk is full, and has space again"
    DAMAGE = "A bit flips, or the end of a file is gone"
    STALL = "The server is stopped for a while (SIGSTOP)"
    CONNECTION = "Connections that are reset, half open, slow, or lose the answer"
    REPEATED = "Requests that come twice, late, and in another order"
    CLOCK = "The clock jumps by up to ten years, with retention on"
    EXHAUSTION = "Memory, file descriptors or threads run out"
    SOAK = "Steady load, with memory and descriptors watched"
    INPUT = "Spoilt and hostile requests"


@dataclass(slots=True)
class Tally:
    """What one test has tried. tried: faults. spans: acknowledged, all of them found again."""

    family: Family | None = None
    tried: int = 0
    spans: int = 0
    seeds: list[int | str] = field(default_factory=list)
    note: str = ""

    def __call__(
        self,
        family: Family,
        tried: int,
        *,
        spans: int = 0,
        seeds: Sequence[int | str] = (),
        note: str = "",
    ) -> None:
        """Write down what has been tried. note: a figure that the page shall show."""
        self.family = family
        self.tried += tried
        self.spans += spans
        self.seeds += seeds
        self.note = note or self.note


def recorded() -> dict[str, Mapping[str, object]]:
    """What is recorded, by test."""
    if not RESULTS.exists():
        return {}
    found: dict[str, Mapping[str, object]] = json.loads(RESULTS.read_text("utf-8"))
    return found


def record(test: str, tally: Tally) -> None:
    """Replace what is recorded of one test."""
    known = recorded() | {test: asdict(tally)}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", "utf-8")
