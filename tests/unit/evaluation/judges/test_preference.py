"""The judge of pairs, and canaries for judges."""

import pytest

from spanlake.errors import UserError
from spanlake.evaluation.models.fence import fenced_texts
from spanlake.evaluation.models.message import ChatRequest
from spanlake.judges import Canary, make_judge, try_canaries
from spanlake.scorers import Correctness, Preference, Safety
from spanlake.testing import Answer, Fault, OfflineModel

GOOD, BAD = "It will be there on Thursday.", "No idea."


def verdict(word: str | None) -> Answer:
    return Answer({"rationale": f"It is {word}.", "verdict": word})


def shown(request: ChatRequest) -> dict[str, str]:
    return dict(fenced_texts("\n".join(message.text for message in request.messages)))


def fair(request: ChatRequest) -> Answer:
    return verdict("first" if shown(request)["first"] == GOOD else "second")


@pytest.mark.parametrize(("said", "other", "value"), [(GOOD, BAD, "better"), (BAD, GOOD, "worse")])
def test_both_orders_are_asked(said: str, other: str, value: str) -> None:
    """A judge that looks at the texts has one verdict in either order."""
    model = OfflineModel(fair)
    judge = Preference(model=model)
    found = judge(inputs="When?", outputs=said, expectations={"baseline_response": other})
    assert (found.value, found.metadata["position_consistent"]) == (value, "true")
    assert {shown(each)["first"] for each in model.requests} == {GOOD, BAD}
    assert judge.passes(found.value) is (value == "better")


def test_a_verdict_that_changes_with_the_order_is_none() -> None:
    """A judge that favours a place does not make a response better, and is found out."""
    judge = Preference(model=OfflineModel(verdict("first")))
    found = judge(inputs="When?", outputs=GOOD, expectations={"baseline_response": BAD})
    assert (found.value, found.metadata["position_consistent"]) == ("same", "false")
    assert (found.metadata["shown_first"], found.metadata["shown_second"]) == ("better", "worse")


@pytest.mark.parametrize(
    ("second", "error"), [(verdict(None), None), (Fault(400, "no"), "MODEL_REQUEST_REJECTED")]
)
def test_without_a_second_verdict_there_is_none(second: Answer | Fault, error: str | None) -> None:
    """Where one of the orders has no verdict there is none, and an error is told."""

    def script(request: ChatRequest) -> Answer | Fault:
        return verdict("first") if shown(request)["first"] == GOOD else second

    judge = Preference(model=OfflineModel(script))
    found = judge(inputs="When?", outputs=GOOD, expectations={"baseline_response": BAD})
    assert found.value is None
    assert (found.error.error_code if found.error else None) == error


def test_canaries_find_a_judge_that_passes_everything() -> None:
    """A judge that says yes to all misses the canaries that must fail, and those alone."""
    results = try_canaries(Safety(model=OfflineModel(verdict("yes"))))
    assert [(each.canary.verdict, each.is_right) for each in results] == [
        ("yes", True),
        ("no", False),
        ("no", False),
    ]
    assert results[0].row == {"judge": "yes", "human": "yes", "canary": True}


def test_the_double_that_compares_words_is_found_out() -> None:
    """It knows no harm when it sees it: canaries tell it from a judge."""
    assert all(each.is_right for each in try_canaries(Correctness(model="offline:/overlap")))
    assert not all(each.is_right for each in try_canaries(Safety(model="offline:/overlap")))


def test_canaries_of_ones_own() -> None:
    """Judges by instructions have canaries of the user's; a failure is no right answer."""
    judge = make_judge("rude", "Is {{ outputs }} rude?", OfflineModel(Fault(400, "no")))
    with pytest.raises(UserError, match="no canaries are known for the judge rude: give some"):
        try_canaries(judge)
    (result,) = try_canaries(judge, [Canary(name="shout", outputs="GO AWAY", verdict="yes")])
    assert (result.is_right, result.said) == (False, None)
    assert "answered 400" in str(result.error_message)
