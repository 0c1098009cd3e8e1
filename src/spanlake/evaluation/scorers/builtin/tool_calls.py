"""Whether an agent called the tools it should have called."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from spanlake.entities import Feedback, Trace
from spanlake.evaluation.scorers.builtin.given import check_choice
from spanlake.evaluation.scorers.builtin.tool_call import (
    ToolCall,
    calls_made,
    expected_calls,
    match_calls,
)
from spanlake.evaluation.scorers.scorer import Scorer

_MODES = ("exact", "ordered", "set")
_SHOWN = 10
_ARGUMENTS = ("equal", "subset", "ignore")


class _ToolCallScorer(Scorer):
    """Compares tool calls. arguments: how those of a call are compared; see ToolCallMatch."""

    arguments: Literal["equal", "subset", "ignore"] = "equal"
    expectation: str = "expected_tool_calls"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "arguments", self.arguments, _ARGUMENTS)


class ToolCallMatch(_ToolCallScorer):
    """True where the tools called are those of the expectation `expected_tool_calls`.

    That is a list of {"name": ..., "arguments": {...}}; one without arguments, or a bare name, is
    a call with any. The calls are the TOOL spans of the trace; where it has none, those that
    models asked for in its messages; without a trace, those in the messages of the outputs.

    mode: exact wants these calls in this order and no other; ordered allows others before,
    between and after them; set wants these calls in any order and no other.
    arguments: equal; subset, where a call may have more than the expected ones; ignore.
    """

    mode: Literal["exact", "ordered", "set"] = "exact"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "mode", self.mode, _MODES)

    def __call__(
        self,
        *,
        expectations: Mapping[str, Any],
        outputs: object = None,
        trace: Trace | None = None,
    ) -> Feedback:
        """The verdict, with what is missing and what was not expected."""
        wanted = expected_calls(expectations, self.expectation)
        made = calls_made(trace, outputs)
        pairs = match_calls(wanted, made, arguments=self.arguments)
        missing = [call for at, call in enumerate(wanted) if at not in pairs]
        unexpected = [call for at, call in enumerate(made) if at not in pairs.values()]
        if self.mode == "set":
            is_good = not missing and not unexpected
        else:
            found = _in_order(wanted, made, self)
            is_good = found and (self.mode == "ordered" or len(wanted) == len(made))
        return self.feedback(
            value=is_good, rationale=None if is_good else _reason(missing, unexpected)
        )


class ToolCallF1(_ToolCallScorer):
    """How well the tools called are the expected ones, in any order: F1, from 0 to 1.

    The calls are those of ToolCallMatch. 1 where no call was expected and none was made.
    """

    def __call__(
        self,
        *,
        expectations: Mapping[str, Any],
        outputs: object = None,
        trace: Trace | None = None,
    ) -> Feedback:
        """The F1, with precision and recall in its metadata."""
        wanted = expected_calls(expectations, self.expectation)
        made = calls_made(trace, outputs)
        right = len(match_calls(wanted, made, arguments=self.arguments))
        precision = right / len(made) if made else float(not wanted)
        recall = right / len(wanted) if wanted else float(not made)
        total = len(wanted) + len(made)
        return self.feedback(
            value=2 * right / total if total else 1.0,
            rationale=f"{right} of {len(made)} calls right, {len(wanted)} expected",
            metadata={"precision": f"{precision:.6g}", "recall": f"{recall:.6g}"},
        )


def _in_order(wanted: Sequence[ToolCall], made: Sequence[ToolCall], how: _ToolCallScorer) -> bool:
    """Whether the wanted calls are among those made, in this order."""
    rest = iter(made)
    return all(any(each.matches(call, how.arguments) for call in rest) for each in wanted)


def _reason(missing: Sequence[ToolCall], unexpected: Sequence[ToolCall]) -> str:
    said = [
        f"{what}: {', '.join(map(str, calls[:_SHOWN]))}{', ...' if calls[_SHOWN:] else ''}"
        for what, calls in (("missing", missing), ("not expected", unexpected))
        if calls
    ]
    return "; ".join(said) or "the calls are right, but not in this order"
