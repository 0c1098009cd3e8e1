"""Questions that reviewers are asked, over every database that can hold the catalog."""

from typing import Any

import pytest

from spanlake.entities.label_schema import (
    InputCategorical,
    InputNumeric,
    InputPassFail,
    InputText,
    InputTextList,
    LabelInput,
)
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.schemas import (
    create_label_schema,
    delete_label_schema,
    get_label_schema,
    list_label_schemas,
)

INPUTS: tuple[LabelInput, ...] = (
    InputPassFail(positive_label="Good", negative_label="Bad"),
    InputCategorical(options=["a", "b", "c"]),
    InputCategorical(options=("a", "b"), multi_select=True),
    InputNumeric(min_value=1, max_value=5.5),
    InputNumeric(),
    InputText(max_length=20),
    InputTextList(max_length_each=9, max_count=3),
)


def test_what_is_built_in(catalog: Catalog) -> None:
    """A new catalog has the questions whose answers scorers read as expectations."""
    found = {each.name: each for each in list_label_schemas(catalog)}
    assert set(found) == {"expected_facts", "expected_response", "guidelines"}
    assert {each.type for each in found.values()} == {"expectation"}
    assert isinstance(found["expected_facts"].input, InputTextList)
    assert isinstance(found["expected_response"].input, InputText)


def test_a_question_has_all_that_was_said_of_it(catalog: Catalog) -> None:
    """A question is found by name and id with the answers it takes; a repeat is harmless."""
    said: dict[str, Any] = {"title": "So?", "instruction": "Read\nall.", "enable_comment": True}
    for number, taken in enumerate(INPUTS):
        name = f"q{number}"
        made = create_label_schema(catalog, name, type="feedback", input=taken, **said)
        assert get_label_schema(catalog, name) == made
        assert get_label_schema(catalog, made.schema_id) == made
        assert (made.input, made.title, made.instruction) == (taken, "So?", "Read\nall.")
        assert create_label_schema(catalog, name, type="feedback", input=taken, **said) == made


def test_a_change_is_a_new_version(catalog: Catalog) -> None:
    """A question asked in another way is another version, and the one before is still known."""
    first = create_label_schema(catalog, "q", type="feedback", input=InputPassFail())
    with pytest.raises(UserError, match="NAME is 'q': must be new"):
        create_label_schema(catalog, "q", type="feedback", input=InputNumeric())
    second = create_label_schema(
        catalog, "q", type="feedback", input=InputNumeric(), overwrite=True
    )
    assert (first.version, second.version) == (1, 2)
    assert get_label_schema(catalog, "q") == second
    assert get_label_schema(catalog, first.schema_id).input == InputPassFail()
    with pytest.raises(UserError, match="type is 'expectation': must stay 'feedback'"):
        create_label_schema(catalog, "q", type="expectation", input=InputText(), overwrite=True)


def test_deleted_and_made_again(catalog: Catalog) -> None:
    """A deleted question is asked no more, and its name goes on counting versions."""
    create_label_schema(catalog, "q", type="feedback", input=InputPassFail())
    delete_label_schema(catalog, "q")
    assert "q" not in [each.name for each in list_label_schemas(catalog)]
    for act in (get_label_schema, delete_label_schema):
        with pytest.raises(NotFoundError, match="no question is called so"):
            act(catalog, "q")
    again = create_label_schema(catalog, "q", type="feedback", input=InputPassFail())
    assert again.version == 2


def test_what_is_refused(catalog: Catalog) -> None:
    """What cannot be a question is refused in a line that says why."""
    refused: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("", {}, "NAME is '': must be one line"),
        ("q", {"type": "opinion"}, "type is 'opinion': must be one of feedback, expectation"),
        ("q", {"title": "a\nb"}, "title is"),
        ("q", {"instruction": "\0"}, "instruction is"),
    )
    usual: dict[str, Any] = {"type": "feedback", "input": InputPassFail()}
    for name, said, reason in refused:
        with pytest.raises(UserError, match=reason):
            create_label_schema(catalog, name, **(usual | said))


def test_a_near_name_is_suggested(catalog: Catalog) -> None:
    """A name that is almost that of a question is answered with it."""
    with pytest.raises(NotFoundError, match="did you mean 'guidelines'"):
        get_label_schema(catalog, "guideline")
