"""JSON schemas that a dataset holds its records to."""

from functools import cached_property
from typing import Any

from spanlake.errors import UserError
from spanlake.storage.catalog.json_text import json_text, json_value


class RecordSchemas:
    """The schemas of a dataset's inputs and expectations, as JSON text; None for none."""

    def __init__(self, inputs: str | None, expectations: str | None) -> None:
        self._schemas = {"inputs": inputs, "expectations": expectations}

    def check_inputs(self, text: str, record_id: str) -> None:
        """Raise UserError for inputs, as JSON text, that are against their schema."""
        if self._schemas["inputs"] is not None:
            _check(self._inputs, "inputs", text, record_id)

    def check_expectations(self, text: str, record_id: str) -> None:
        """Raise UserError for expectations, as JSON text, that are against their schema."""
        if self._schemas["expectations"] is not None:
            _check(self._expectations, "expectations", text, record_id)

    @cached_property
    def _inputs(self) -> Any:  # noqa: ANN401  # a class that each draft of the standard has its own of
        return _validator(self._schemas["inputs"])

    @cached_property
    def _expectations(self) -> Any:  # noqa: ANN401
        return _validator(self._schemas["expectations"])


def schema_text(schema: Any, *, typed: str) -> str:  # noqa: ANN401  # as the user has it
    """A JSON schema as text. typed: what the user knows it as. UserError if it is none."""
    import jsonschema_rs

    if not isinstance(schema, dict):
        raise UserError(
            f"{typed} is of type {type(schema).__name__}: must be a JSON schema, such as "
            '{"type": "object", "required": ["question"]}'
        )
    text = json_text(schema, typed=typed)
    try:
        jsonschema_rs.validator_for(json_value(text), offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise UserError(f"{typed} is no JSON schema: {_first_line(error)}; correct it") from None
    return text


def _validator(text: str | None) -> Any:  # noqa: ANN401
    # Few datasets have a schema: the others are spared the loading.
    import jsonschema_rs

    return jsonschema_rs.validator_for(json_value(text), offline=True)


def _check(validator: Any, part: str, text: str, record_id: str) -> None:  # noqa: ANN401
    value = json_value(text)
    if validator.is_valid(value):
        return
    error = next(iter(validator.iter_errors(value)))
    place = "".join(f"[{each!r}]" for each in error.instance_path)
    raise UserError(
        f"{part}{place} of the record {record_id} is against the dataset's schema: "
        f"{_first_line(error)}; correct it, or change the schema"
    )


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", error)).partition("\n")[0]
