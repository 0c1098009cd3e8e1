"""What the forms of the review app send, as questions, queues and answers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from spanlake.entities.label_schema import (
    InputCategorical,
    InputNumeric,
    InputPassFail,
    InputText,
    InputTextList,
    LabelInput,
    LabelSchema,
    LabelType,
    LabelValue,
)
from spanlake.entities.review import Answer, QueueRule
from spanlake.errors import UserError
from spanlake.storage.catalog.labels.queues import QueuePlan
from spanlake.web.pages.forms import read_pairs

_MAX_FORM = 2 << 20
_MAX_FIELDS = 2_000
_WORDS = {"true": True, "false": False}


class Form:
    """The fields of a form, each of which may be there several times."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = list(pairs)

    @classmethod
    async def read(cls, request: Request) -> "Form":
        """The form that a request brings. UserError for anything else."""
        return cls(await read_pairs(request, most_bytes=_MAX_FORM, most_fields=_MAX_FIELDS))

    def text(self, name: str) -> str:
        """The last value of a field, without white space around it; "" for none."""
        return next((value.strip() for key, value in reversed(self._pairs) if key == name), "")

    def texts(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for key, value in self._pairs if key == name]

    def lines(self, name: str) -> list[str]:
        """The lines of a field, or what stands between its commas, without those that are empty."""
        parts = self.text(name).replace(",", "\n").splitlines()
        return [part.strip() for part in parts if part.strip()]

    def number(self, name: str) -> float | None:
        """The number in a field; None for none. UserError for what is no number."""
        text = self.text(name)
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            raise UserError(f"{name} is {text[:40]!r}: must be a number") from None

    def count(self, name: str, default: int) -> int:
        """The whole number in a field. UserError for what is none."""
        number = self.number(name)
        if number is not None and number % 1:
            raise UserError(f"{name} is {number:g}: must be a whole number")
        return default if number is None else int(number)


def answers_of(form: Form, schemas: Iterable[LabelSchema]) -> list[Answer]:
    """What a form says to each question; a question that is not answered has no value."""
    return [
        Answer(
            schema_id=schema.schema_id,
            value=value_of(form, schema, f"value.{schema.schema_id}"),
            comment=form.text(f"comment.{schema.schema_id}") or None,
        )
        for schema in schemas
    ]


def value_of(form: Form, schema: LabelSchema, field: str) -> LabelValue | None:
    """What a field says as an answer to a question, to be checked; None for nothing."""
    text = form.text(field)
    match schema.input:
        case InputPassFail():
            return _WORDS.get(text)
        case InputCategorical(multi_select=True):
            return form.texts(field) or None
        case InputNumeric():
            return form.number(field)
        case InputTextList():
            return [line.strip() for line in text.splitlines() if line.strip()] or None
        case _:
            return text.replace("\r\n", "\n") or None


def input_of(form: Form) -> LabelInput:
    """Which answers a new question takes. UserError."""
    match form.text("kind"):
        case "pass_fail":
            return InputPassFail(
                positive_label=form.text("positive_label") or "Pass",
                negative_label=form.text("negative_label") or "Fail",
            )
        case "categorical":
            return InputCategorical(
                options=form.lines("options"), multi_select=form.text("multi_select") == "on"
            )
        case "numeric":
            return InputNumeric(
                min_value=form.number("min_value"), max_value=form.number("max_value")
            )
        case "text":
            return InputText(max_length=form.count("max_length", InputText().max_length))
        case "text_list":
            return InputTextList()
        case other:
            raise UserError(f"kind is {other[:40]!r}: choose which answers the question takes")


def type_of(form: Form) -> LabelType:
    """What the answers to a new question are."""
    return "expectation" if form.text("type") == "expectation" else "feedback"


def plan_of(form: Form, created_by: str | None) -> QueuePlan:
    """How a new queue is to be."""
    source: Any = form.text("source")
    rule = None
    if source == "rule":
        sample = form.number("sample")
        rule = QueueRule(
            filter=form.text("filter"),
            since=datetime.now(UTC),
            sample=1.0 if sample is None else sample / 100,
            most_open=form.count("most_open", 100),
        )
    return QueuePlan(
        name=form.text("name"),
        schemas=form.texts("schema"),
        description=form.text("description") or None,
        content="copy" if form.text("content") == "copy" else "reference",
        assigned_users=form.lines("assigned_users"),
        reviewers_per_item=form.count("reviewers_per_item", 1),
        rule=rule,
        created_by=created_by,
    )
