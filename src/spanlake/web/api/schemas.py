"""`/api/v1/schemas`: the questions that reviewers are asked."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.entities.label_schema import LabelSchema
from spanlake.storage.catalog.labels.input_json import input_values, read_input
from spanlake.storage.catalog.labels.schemas import (
    create_label_schema,
    delete_label_schema,
    get_label_schema,
    list_label_schemas,
)
from spanlake.web.api.endpoint import Call, Endpoint, Model, Nothing, json_answer
from spanlake.web.catalog_thread import with_catalog

_TAG = "schemas"
_ONE = "/schemas/{schema}"


class PassFailInput(Model):
    """Yes or no."""

    kind: Literal["pass_fail"]
    positive_label: str = "Pass"
    negative_label: str = "Fail"


class CategoricalInput(Model):
    """One of some options, or several of them."""

    kind: Literal["categorical"]
    options: list[str]
    multi_select: bool = False


class NumericInput(Model):
    """A number."""

    kind: Literal["numeric"]
    min_value: float | None = None
    max_value: float | None = None


class TextInput(Model):
    """A text."""

    kind: Literal["text"]
    max_length: int = 10_000


class TextListInput(Model):
    """A list of texts."""

    kind: Literal["text_list"]
    max_length_each: int = 2_000
    max_count: int = 50


AnyInput = Annotated[
    PassFailInput | CategoricalInput | NumericInput | TextInput | TextListInput,
    Field(discriminator="kind"),
]


class NewSchema(Model):
    """A question."""

    name: str = Field(description="That of the assessments its answers become.")
    type: Literal["feedback", "expectation"]
    input: AnyInput = Field(description="Which answers it takes.")
    title: str | None = Field(None, description="What the reviewer reads.")
    instruction: str | None = None
    enable_comment: bool = False
    overwrite: bool = Field(False, description="Make the next version of one that is there.")


async def _post(call: Call[Nothing, NewSchema]) -> Response:
    new = call.body
    made = await with_catalog(
        call.services,
        lambda catalog: create_label_schema(
            catalog,
            new.name,
            type=new.type,
            input=read_input(new.input.model_dump()),
            title=new.title,
            instruction=new.instruction,
            enable_comment=new.enable_comment,
            overwrite=new.overwrite,
        ),
    )
    return json_answer(schema_values(made))


async def _list(call: Call[Nothing, Nothing]) -> Response:
    found = await with_catalog(call.services, list_label_schemas)
    return json_answer({"schemas": [schema_values(each) for each in found]})


async def _get(call: Call[Nothing, Nothing]) -> Response:
    wanted = call.path["schema"]
    found = await with_catalog(call.services, lambda catalog: get_label_schema(catalog, wanted))
    return json_answer(schema_values(found))


async def _delete(call: Call[Nothing, Nothing]) -> Response:
    wanted = call.path["schema"]
    await with_catalog(call.services, lambda catalog: delete_label_schema(catalog, wanted))
    return json_answer({"name": wanted})


def schema_values(schema: LabelSchema) -> dict[str, Any]:
    """A question as plain values, its input with its kind."""
    return asdict(schema) | {"input": input_values(schema.input)}


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="POST",
        path="/schemas",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Make a question; the very same again changes nothing.",
        handle=_post,
        query=Nothing,
        body=NewSchema,
        answers={200: "The question."},
    ),
    Endpoint(
        method="GET",
        path="/schemas",
        tag=_TAG,
        permission=Permission.READ,
        summary="The questions that can be asked, by name.",
        handle=_list,
        query=Nothing,
        body=Nothing,
        answers={200: "`schemas`."},
    ),
    Endpoint(
        method="GET",
        path=_ONE,
        tag=_TAG,
        permission=Permission.READ,
        summary="One question, by its name or the id of a version.",
        handle=_get,
        query=Nothing,
        body=Nothing,
        answers={200: "The question."},
    ),
    Endpoint(
        method="DELETE",
        path=_ONE,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Ask a question no more; queues that have it keep it.",
        handle=_delete,
        query=Nothing,
        body=Nothing,
        answers={200: "Its `name`."},
    ),
)
