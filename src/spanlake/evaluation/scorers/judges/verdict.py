"""What a judge may answer: a JSON object of reasons and verdict, checked before it is believed."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError

from spanlake.entities import AssessmentValue
from spanlake.errors import UserError
from spanlake.evaluation.models.message import JsonObject, ResponseSchema

SCHEMA_NAME: Final = "verdict"
_CODE_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", re.DOTALL)
_MOST_PROBLEMS = 3
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's answer. value: None where it could not decide."""

    value: AssessmentValue
    rationale: str


class VerdictError(Exception):
    """A judge's answer that is none; the message says what is wrong with it."""


class VerdictForm:
    """The form of the verdicts of one judge.

    value_type: bool, int, float, str, a Literal of strings or numbers, a list of plain values, a
    dict of plain values by name, or one of these | None. Whatever it is, null is an abstention.
    UserError for any other type.
    """

    def __init__(self, value_type: Any) -> None:  # noqa: ANN401  # a type, or what stands for one
        self.value_type = value_type
        try:
            _check(value_type)
            self._model: type[BaseModel] = create_model(
                "Verdict",
                __config__=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False),
                rationale=(str, ...),
                verdict=(_lenient(value_type) | None, ...),
            )
        except (PydanticSchemaGenerationError, TypeError):
            raise UserError(
                f"feedback_value_type is {value_type!r}: must be bool, int, float, str, a Literal, "
                "a list of these or a dict from str to these"
            ) from None
        self.schema: JsonObject = _bare(self._model.model_json_schema())

    def __reduce__(self) -> tuple[type["VerdictForm"], tuple[Any]]:
        """Pickle the type alone: the model made of it has no name to be found by."""
        return VerdictForm, (self.value_type,)

    @property
    def response_schema(self) -> ResponseSchema:
        """The schema as a model is asked for it."""
        return ResponseSchema(SCHEMA_NAME, self.schema)

    @property
    def description(self) -> str:
        """What kind of value the verdict is, in words."""
        if get_origin(self.value_type) is Literal:
            return f"one of {', '.join(map(repr, get_args(self.value_type)))}"
        return f"a value of type {getattr(self.value_type, '__name__', self.value_type)}"

    def accepts(self, text: str) -> bool:
        """Whether an answer is of this form."""
        try:
            self.read(text)
        except VerdictError:
            return False
        return True

    def read(self, text: str) -> Verdict:
        """Read an answer. VerdictError if it is not of this form; no verdict is guessed."""
        try:
            answer = self._model.model_validate_json(without_code_fence(text))
        except ValidationError as error:
            raise VerdictError(_problems(error)) from None
        values = answer.model_dump()
        return Verdict(values["verdict"], values["rationale"])


def without_code_fence(text: str) -> str:
    """Take JSON out of the Markdown that some models put around it."""
    fenced = _CODE_FENCE.fullmatch(text)
    return fenced[1] if fenced else text


def _problems(error: ValidationError) -> str:
    found = [
        f"{'.'.join(map(str, each['loc'])) or 'the answer'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    ]
    return "; ".join(found[:_MOST_PROBLEMS])


def _check(value_type: Any) -> None:  # noqa: ANN401  # see VerdictForm
    """TypeError for a type that JSON has no plain value of."""
    origin, arguments = get_origin(value_type), get_args(value_type)
    if value_type in _PLAIN or value_type is type(None):
        return
    if origin is Literal:
        if not all(isinstance(each, _PLAIN) for each in arguments):
            raise TypeError
    elif origin is list or type(value_type).__name__ in ("UnionType", "_UnionGenericAlias"):
        for each in arguments:
            _check(each)
    elif origin is dict and arguments[0] is str:
        _check(arguments[1])
    elif value_type not in (list, dict):
        raise TypeError


def _lenient(value_type: Any) -> Any:  # noqa: ANN401  # see VerdictForm
    """A choice among texts does not depend on capitals and blanks around it."""
    if get_origin(value_type) is not Literal:
        return value_type
    choices = {each.lower(): each for each in get_args(value_type) if isinstance(each, str)}

    def nearest(value: object) -> object:
        return choices.get(value.strip().lower(), value) if isinstance(value, str) else value

    return Annotated[value_type, BeforeValidator(nearest)]


def _bare(schema: Any) -> Any:  # noqa: ANN401  # any JSON
    """A schema without the titles that pydantic gives its parts."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _bare(each) for key, each in value.items()}
        if name == "properties"
        else _bare(value)
        for name, value in schema.items()
        if name != "title" or not isinstance(value, str)
    }
