"""Review queues and what reviewers answer, over every database that can hold the catalog."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from spanlake.entities.label_schema import InputNumeric, InputPassFail
from spanlake.entities.review import Answer, ItemTarget, Label, QueueRule
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels import queues
from spanlake.storage.catalog.labels.answers import adjudicate
from spanlake.storage.catalog.labels.items import (
    NewItem,
    add_items,
    get_item,
    list_items,
    read_copy,
    remove_items,
)
from spanlake.storage.catalog.labels.labels import (
    list_labels,
    mark_published,
    unpublished_answers,
)
from spanlake.storage.catalog.labels.queues import QueuePlan, create_queue, get_queue
from spanlake.storage.catalog.labels.reviews import (
    get_review,
    next_item,
    peek_item,
    progress_of,
    save_answer,
    set_status,
)
from spanlake.storage.catalog.labels.schemas import create_label_schema

ANN, BOB, EVE = "ann", "bob", "eve"
REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": ""}, "NAME is '': must be one line"),
    ({"schemas": []}, "must have from 1 to 50"),
    ({"schemas": ["none"]}, "no question is called so"),
    ({"content": "photo"}, "content is 'photo': must be reference or copy"),
    ({"assigned_users": [ANN], "reviewers_per_item": 2}, "from 1 to 1, as ann are assigned"),
    ({"reviewers_per_item": 21}, "must be from 1 to 20"),
    ({"assigned_users": "ann"}, "must be a list of names"),
    ({"assigned_users": ["a\nb"]}, "the name of a reviewer is"),
)


@pytest.fixture(autouse=True)
def asked(catalog: Catalog) -> str:
    """The id of a question."""
    return create_label_schema(
        catalog, "correct", type="feedback", input=InputPassFail(), enable_comment=True
    ).schema_id


def queue_of(catalog: Catalog, items: int = 3, **said: Any) -> list[str]:  # noqa: ANN401  # of a plan
    """Make the queue `q` of so many traces; the ids of its items."""
    create_queue(catalog, QueuePlan(name="q", schemas=["correct"], **said))
    add_items(
        catalog, "q", [NewItem(ItemTarget(f"{number:032x}")) for number in range(1, items + 1)]
    )
    return [each.item_id for each in list_items(catalog, "q")]


def complete(
    catalog: Catalog,
    item_id: str,
    reviewer: str,
    *,
    value: bool,
    comment: str | None = None,
) -> None:
    save_answer(
        catalog, "q", item_id, reviewer, Answer(schema_id="correct", value=value, comment=comment)
    )
    set_status(catalog, "q", item_id, reviewer, "complete")


def statuses(catalog: Catalog) -> list[str]:
    return [each.status for each in list_items(catalog, "q")]


def final(catalog: Catalog) -> list[tuple[str, object]]:
    return [(each.reviewer, each.value) for each in list_labels(catalog, "q") if each.is_final]


def test_a_queue_has_all_that_was_said_of_it(catalog: Catalog) -> None:
    """A queue is found by name and id, with its questions, its people and its rule."""
    rule = QueueRule(filter="status = 'ERROR'", since=datetime.now(UTC), sample=0.5, most_open=7)
    made = create_queue(
        catalog,
        QueuePlan(
            name="q",
            schemas=["correct", "expected_facts", "correct"],
            description="Look.",
            experiment="support",
            content="copy",
            assigned_users=[ANN, BOB, ANN],
            reviewers_per_item=2,
            rule=rule,
            created_by=EVE,
        ),
    )
    assert get_queue(catalog, "q") == get_queue(catalog, made.queue_id) == made
    assert [each.name for each in made.schemas] == ["correct", "expected_facts"]
    assert (made.assigned_users, made.reviewers_per_item, made.rule) == ((ANN, BOB), 2, rule)
    assert queues.list_queues(catalog) == [made]


def test_an_item_is_in_a_queue_once(catalog: Catalog) -> None:
    """What is added again stays; a span, and a session of the same id, are other items."""
    queue_of(catalog, 2)
    again = [
        NewItem(ItemTarget("1".zfill(32))),
        NewItem(ItemTarget("1".zfill(32), "5" * 16)),
        NewItem(ItemTarget("9".zfill(32))),
        NewItem(ItemTarget(session_id="1".zfill(32))),
        NewItem(ItemTarget(session_id="s")),
    ]
    added = add_items(catalog, "q", again)
    assert (added.added, added.known) == (4, 1)
    assert add_items(catalog, "q", again).added == 0
    found = list_items(catalog, "q")
    assert [each.position for each in found] == [1, 2, 3, 4, 5, 6]
    assert [each.span_id for each in found] == [None, None, "5" * 16, None, None, None]
    assert [each.target for each in found[4:]] == [each.target for each in again[3:]]
    assert remove_items(catalog, "q", [found[0].item_id]) == 1
    assert len(list_items(catalog, "q", status="pending")) == 5


def test_copies_are_kept(catalog: Catalog) -> None:
    """The bytes of a copy are there as they came."""
    create_queue(catalog, QueuePlan(name="q", schemas=["correct"], content="copy"))
    add_items(
        catalog,
        "q",
        [NewItem(ItemTarget("1".zfill(32)), b"\0copy"), NewItem(ItemTarget("2".zfill(32)))],
    )
    first, second = list_items(catalog, "q")
    assert (read_copy(catalog, first.item_id), read_copy(catalog, second.item_id)) == (
        b"\0copy",
        None,
    )


def test_one_item_after_another(catalog: Catalog) -> None:
    """A reviewer is given each item once, in order, what was skipped last and declined never."""
    items = queue_of(catalog, 4)
    seen = []
    for act in ("complete", "skipped", "declined", "complete", "complete"):
        item = next_item(catalog, "q", ANN)
        assert item is not None
        seen.append(item.item_id)
        if act == "complete":
            complete(catalog, item.item_id, ANN, value=True)
        else:
            set_status(catalog, "q", item.item_id, ANN, act, reason="odd")
    assert seen == [*items, items[1]]
    assert next_item(catalog, "q", ANN) is None
    assert statuses(catalog) == ["complete", "complete", "declined", "complete"]
    assert get_review(catalog, items[2], ANN).reason == "odd"
    progress = progress_of(catalog, "q", ANN)
    assert (progress.done, progress.left, progress.total) == (4, 0, 4)
    counts = get_queue(catalog, "q").counts
    assert (counts.items, counts.complete, counts.declined, counts.pending) == (4, 3, 1, 0)


def test_a_shared_pool_gives_no_item_twice(catalog: Catalog) -> None:
    """What one reviewer looks at is not offered to the next, unless it needs both of them."""
    items = queue_of(catalog, 3)
    first, second = next_item(catalog, "q", ANN), next_item(catalog, "q", BOB)
    assert first is not None
    assert second is not None
    assert [first.item_id, second.item_id] == items[:2]
    again = next_item(catalog, "q", ANN)
    assert again is not None
    assert again.item_id == items[0]
    other = next_item(catalog, "q", ANN, but=[items[0]])
    assert other is not None
    assert other.item_id == items[2]
    assert peek_item(catalog, "q", EVE) is None


def test_many_ask_at_once(catalog: Catalog) -> None:
    """Reviewers who ask at the same time are given different items."""
    queue_of(catalog, 8)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: next_item(catalog, "q", f"r{number}"), range(8)))
    assert len({each.item_id for each in found if each is not None}) == 8


def test_skipped_items_wait(catalog: Catalog) -> None:
    """An item that all who looked at it skipped is skipped, and is still offered to others."""
    items = queue_of(catalog, 1)
    set_status(catalog, "q", items[0], ANN, "skipped")
    assert statuses(catalog) == ["skipped"]
    assert next_item(catalog, "q", BOB) is not None
    assert statuses(catalog) == ["pending"]


def test_two_reviewers_are_blind_to_each_other(catalog: Catalog, asked: str) -> None:
    """An item that needs two is done with two, and each reads only the own answers."""
    items = queue_of(catalog, 1, reviewers_per_item=2, assigned_users=[ANN, BOB])
    complete(catalog, items[0], ANN, value=True, comment="fine")
    assert statuses(catalog) == ["pending"]
    assert get_review(catalog, items[0], BOB).answers == {}
    assert next_item(catalog, "q", ANN) is None
    assert next_item(catalog, "q", BOB) is not None
    assert final(catalog) == []
    complete(catalog, items[0], BOB, value=True)
    assert statuses(catalog) == ["complete"]
    assert final(catalog) == [(ANN, True)]
    assert get_review(catalog, items[0], ANN).answers[asked].comment == "fine"


def test_a_disagreement_is_adjudicated(catalog: Catalog, asked: str) -> None:
    """Where reviewers differ nothing is final until somebody decides, and the last decision is."""
    items = queue_of(catalog, 1, reviewers_per_item=2)
    with pytest.raises(UserError, match="nobody has completed it yet"):
        adjudicate(catalog, "q", items[0], EVE, Answer(schema_id=asked, value=True))
    complete(catalog, items[0], ANN, value=True)
    complete(catalog, items[0], BOB, value=False)
    assert final(catalog) == []
    adjudicate(catalog, "q", items[0], EVE, Answer(schema_id="correct", value=False))
    assert final(catalog) == [(EVE, False)]
    adjudicate(catalog, "q", items[0], ANN, Answer(schema_id="correct", value=True))
    assert final(catalog) == [(ANN, True)]
    assert [each.role for each in list_labels(catalog)].count("adjudicator") == 1


def test_more_than_half_is_final(catalog: Catalog) -> None:
    """Of three reviewers two that agree are the answer, the first of them in its name."""
    items = queue_of(catalog, 1, reviewers_per_item=3)
    for who, value in ((ANN, False), (BOB, True), (EVE, True)):
        complete(catalog, items[0], who, value=value)
    assert final(catalog) == [(BOB, True)]


def test_drafts_are_no_labels(catalog: Catalog, asked: str) -> None:
    """What is typed is kept, is no label before the review is complete, nor when it is reopened."""
    items = queue_of(catalog, 1)
    save_answer(catalog, "q", items[0], ANN, Answer(schema_id=asked, value=True))
    assert list_labels(catalog) == []
    assert unpublished_answers(catalog, "q") == []
    assert get_review(catalog, items[0], ANN).answers[asked].value is True
    set_status(catalog, "q", items[0], ANN, "complete")
    assert [each.value for each in list_labels(catalog)] == [True]
    set_status(catalog, "q", items[0], ANN, "pending")
    assert list_labels(catalog) == []
    save_answer(catalog, "q", items[0], ANN, Answer(schema_id=asked, value=None))
    assert get_review(catalog, items[0], ANN).answers == {}
    with pytest.raises(UserError, match="needs an answer to a question"):
        set_status(catalog, "q", items[0], ANN, "complete")


def test_what_is_to_be_published(catalog: Catalog) -> None:
    """An answer is due once it is a label, again when it changes, and when it is one no more."""
    items = queue_of(catalog, 1)
    complete(catalog, items[0], ANN, value=True)
    (due,) = unpublished_answers(catalog, "q")
    assert (due.value, due.is_label, due.assessment_id) == (True, True, None)
    mark_published(catalog, [(due, "a1")])
    assert unpublished_answers(catalog, "q", items[0]) == []
    complete(catalog, items[0], ANN, value=False)
    (changed,) = unpublished_answers(catalog, "q")
    assert (changed.value, changed.assessment_id) == (False, "a1")
    complete(catalog, items[0], ANN, value=True)
    mark_published(catalog, [(changed, "a2")])
    (later,) = unpublished_answers(catalog, "q")
    assert (later.value, later.assessment_id) == (True, "a2")
    mark_published(catalog, [(later, "a3")])
    set_status(catalog, "q", items[0], ANN, "pending")
    (gone,) = unpublished_answers(catalog, "q")
    assert (gone.is_label, gone.assessment_id) == (False, "a3")
    mark_published(catalog, [(gone, None)])
    assert unpublished_answers(catalog, "q") == []


def test_a_queue_keeps_its_questions(catalog: Catalog, asked: str) -> None:
    """A question that is asked in another way later is asked in the old one where it was before."""
    items = queue_of(catalog, 1)
    create_label_schema(
        catalog, "correct", type="feedback", input=InputNumeric(max_value=5), overwrite=True
    )
    complete(catalog, items[0], ANN, value=True)
    (label,) = list_labels(catalog)
    assert (label.schema_id, label.schema_version) == (asked, 1)


def test_closed_queues_take_nothing(catalog: Catalog, asked: str) -> None:
    """A closed queue offers and takes nothing, and goes on when it is opened again."""
    items = queue_of(catalog, 1)
    assert queues.close_queue(catalog, "q").closed_at is not None
    assert next_item(catalog, "q", ANN) is None
    with pytest.raises(UserError, match="must be open, and it was closed"):
        save_answer(catalog, "q", items[0], ANN, Answer(schema_id=asked, value=True))
    with pytest.raises(UserError, match="must be open, and it was closed"):
        add_items(catalog, "q", [NewItem(ItemTarget("a" * 32))])
    queues.reopen_queue(catalog, "q")
    complete(catalog, items[0], ANN, value=True)


def test_assigned_anew(catalog: Catalog) -> None:
    """Only those who are assigned review, and others can be assigned later."""
    items = queue_of(catalog, 1, assigned_users=[ANN])
    with pytest.raises(UserError, match="must be one of those who are assigned to 'q': ann"):
        next_item(catalog, "q", BOB)
    changed = queues.assign_users(catalog, "q", [ANN, BOB], reviewers_per_item=2)
    assert (changed.assigned_users, changed.reviewers_per_item) == ((ANN, BOB), 2)
    complete(catalog, items[0], BOB, value=True)
    assert queues.assign_users(catalog, "q", []).assigned_users == ()


def test_deleted_with_all_that_is_in_it(catalog: Catalog) -> None:
    """A deleted queue is gone with its items and answers."""
    items = queue_of(catalog, 1)
    complete(catalog, items[0], ANN, value=True)
    queues.delete_queue(catalog, "q")
    assert list_labels(catalog) == []
    for act in (queues.get_queue, queues.delete_queue, queues.close_queue):
        with pytest.raises(NotFoundError, match="no queue is called so"):
            act(catalog, "q")


def test_what_is_refused(catalog: Catalog) -> None:
    """What cannot be a queue is refused in a line that says why."""
    for said, reason in REFUSED:
        with pytest.raises(UserError, match=reason):
            create_queue(catalog, QueuePlan(**({"name": "q", "schemas": ["correct"]} | said)))


def test_what_is_not_there(catalog: Catalog) -> None:
    """Items and questions of another queue are not found in this one."""
    (item,) = queue_of(catalog, 1)
    create_queue(catalog, QueuePlan(name="other", schemas=["guidelines"]))
    with pytest.raises(NotFoundError, match="queue 'other' has no such item"):
        get_item(catalog, "other", item)
    with pytest.raises(NotFoundError, match="queue 'q' asks correct"):
        save_answer(catalog, "q", item, ANN, Answer(schema_id="guidelines", value=["x"]))
    with pytest.raises(UserError, match=r"the answer is 5: must be true \(Pass\) or false"):
        save_answer(catalog, "q", item, ANN, Answer(schema_id="correct", value=5))


def test_labels_say_all(catalog: Catalog, asked: str) -> None:
    """A label has its queue, item, question, reviewer and value."""
    (item,) = queue_of(catalog, 1)
    complete(catalog, item, ANN, value=False, comment="no")
    (label,) = list_labels(catalog, "q")
    queue = get_queue(catalog, "q")
    assert label == Label(
        queue_id=queue.queue_id,
        queue="q",
        item_id=item,
        trace_id="1".zfill(32),
        span_id=None,
        session_id=None,
        name="correct",
        schema_id=asked,
        schema_version=1,
        kind="feedback",
        reviewer=ANN,
        role="reviewer",
        value=False,
        comment="no",
        is_final=True,
        assessment_id=None,
        answered_at=label.answered_at,
    )
