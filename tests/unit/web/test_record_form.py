"""A record as a form, and back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from spanlake.errors import UserError
from spanlake.storage.catalog.dataset_record import DatasetRecord, RecordSource
from spanlake.web.pages.datasets.record_form import fields_of, form_of, record_of

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def record(**said: Any) -> DatasetRecord:  # noqa: ANN401  # what a record says
    plain: dict[str, Any] = {
        "record_id": "r-1",
        "inputs": {"question": "Where?"},
        "outputs": None,
        "expectations": {},
        "tags": {},
        "split": None,
        "source": RecordSource("HUMAN"),
        "digest": "d",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return DatasetRecord(**plain | said)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"inputs": {"question": "a\nb", "k": 5, "deep": {"a": [1, None]}}},
        {"outputs": "an answer", "expectations": {"ok": True, "words": "yes"}},
        {"outputs": {"a": 1}, "tags": {"topic": "orders"}},
        {"inputs": {"5": "5", "a:b": "{}"}},
    ],
)
def test_a_form_that_is_sent_unchanged_changes_nothing(said: dict[str, Any]) -> None:
    """What the fields of a record hold becomes the same record again."""
    before = record(**said)
    form = {field.name: field.value.replace("\n", "\r\n") for field in fields_of(before)}
    after = record_of(form)
    again = fields_of(
        record(
            inputs=before.inputs,
            outputs=before.outputs,
            expectations=dict(after.expectations),
            tags=dict(after.tags),
        )
    )
    assert again == fields_of(before)
    assert after.has_outputs == (before.outputs is not None)
    assert [each.name for each in form_of(form)] == [each.name for each in fields_of(before)]


def test_new_and_emptied_fields() -> None:
    """A new field is text, or JSON where it is an object or list; an emptied one is gone."""
    made = record_of(
        {
            "text:inputs:question": "Where?",
            "text:expectations:old": " ",
            "new-key:expectations": "facts",
            "new-value:expectations": '["a", "b"]',
            "new-key:tags": "n",
            "new-value:tags": "[1]",
            "split": " dev ",
        }
    )
    assert made.expectations == {"facts": ["a", "b"]}
    assert (made.tags, made.split) == ({"n": "[1]"}, "dev")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"text:inputs:question": ""}, "inputs of the record"),
        ({"text:inputs:q": "a", "json:expectations:n": "five"}, "n is 'five': must be JSON"),
        ({"text:inputs:q": "a", "new-value:tags": "x"}, "must have a name, too"),
        (
            {"text:inputs:q": "a", "new-key:inputs": "q", "new-value:inputs": "b"},
            "'q' of the inputs comes twice",
        ),
    ],
)
def test_what_is_refused(form: dict[str, str], said: str) -> None:
    """What is no record is refused in words that name the field."""
    with pytest.raises(UserError, match=said):
        record_of(form)
