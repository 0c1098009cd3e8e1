"""A lake with what people evaluate: a dataset with versions, and runs of two versions of an app."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import spanlake
from spanlake import datasets
from spanlake.entities import Feedback
from spanlake.evaluation.scorers import scorer

DATASET = "support-questions"
FIRST, SECOND = "prompt v1", "prompt v2"
_TOPICS = {
    "orders": ("Where is order {n}?", "It is on its way and arrives on Tuesday."),
    "returns": ("Can I return item {n}?", "Yes, within 30 days, with the receipt."),
    "billing": ("Why was I charged twice for order {n}?", "The second charge is refunded today."),
    "account": ("How do I change the e-mail of account {n}?", "Under Settings, Account, E-mail."),
}


def questions(count: int) -> list[dict[str, Any]]:
    """Records on four topics, in turn."""
    topics = list(_TOPICS.items())
    return [
        {
            "inputs": {"question": asked.format(n=1000 + number)},
            "expectations": {"expected_response": answer},
            "tags": {"topic": topic, "language": "en"},
        }
        for number in range(count)
        for topic, (asked, answer) in [topics[number % len(topics)]]
    ]


@scorer
def correctness(outputs: str, expectations: Mapping[str, str]) -> Feedback:
    """Say whether the answer is the expected one."""
    right = outputs == expectations["expected_response"]
    said = "says what was expected" if right else f"lacks {expectations['expected_response']!r}"
    return Feedback(value=right, rationale=f"The answer {said}.")


@scorer
def politeness(outputs: str) -> float:
    """Rate the tone by how much is said."""
    return round(min(1.0, 0.4 + len(outputs) / 100), 2)


@scorer
def picky(inputs: Mapping[str, str]) -> bool:
    """Fail on every question that ends with 13."""
    if inputs["question"].endswith("13?"):
        raise ValueError("cannot read 13")
    return True


def answering(is_wrong: Callable[[int], bool]) -> Callable[[str], str]:
    """An app that knows all answers, but for the questions whose number is said to be wrong."""

    def answer(question: str) -> str:
        number = int("".join(each for each in question if each.isdigit()))
        topic = next(t for t, (asked, _) in _TOPICS.items() if asked[:9] == question[:9])
        if number % 23 == 0:
            raise TimeoutError("the model did not answer in time")
        if is_wrong(number):
            return "I am not sure; please ask our support team about it."
        return _TOPICS[topic][1]

    return answer


def store_runs(data: Path, count: int = 24) -> None:
    """Two evaluations on the second version of a dataset, whose first lacks a few records."""
    made = datasets.create_dataset(
        DATASET, description="What customers ask most", experiment="support", data=data
    )
    made.merge_records(questions(count - 4), note="from the help desk")
    made.merge_records(questions(count), note="four more")
    made.assign_splits(dev=0.5, test=0.5)
    for name, is_wrong in (
        (FIRST, lambda number: number % 4 == 2 or number % 5 == 0),
        (SECOND, lambda number: number % 4 == 1 and number % 3 == 0),
    ):
        spanlake.evaluate(
            made,
            answering(is_wrong),
            [correctness, politeness, picky],
            quality_criteria="correctness >= 0.8",
            name=name,
            app_version=name.removeprefix("prompt "),
            experiment="support",
            lake=data,
        )
