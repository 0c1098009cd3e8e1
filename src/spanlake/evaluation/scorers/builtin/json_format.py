"""Whether the outputs are JSON, and of the right shape."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Literal

import orjson

from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import (
    INVALID_EXPECTATION,
    check_choice,
    expected,
    output_text,
)
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import Scorer

_KINDS: dict[str, type | tuple[type, ...]] = {"any": object, "object": Mapping, "array": list}
_FENCE = re.compile(r"\A\s*```[\w-]*[ \t]*\n(?P<inside>.*)\n[ \t]*```\s*\Z", re.DOTALL)
_SHOWN_ERRORS = 3
_MAX_MESSAGE = 300


class _JsonScorer(Scorer):
    """Reads outputs as JSON. allow_fence: also within one Markdown fence, as models like to."""

    allow_fence: bool = False

    def _read(self, outputs: object) -> object:
        """The JSON value. ValueError where there is none."""
        if outputs is not None and not isinstance(outputs, str):
            _check_json(outputs)
            return outputs
        text = output_text(outputs)
        fenced = _FENCE.match(text) if self.allow_fence else None
        value: object = orjson.loads(fenced["inside"] if fenced else text)
        return value


class JsonValidity(_JsonScorer):
    """True where the outputs are JSON text, or a JSON value already.

    kind: any, or only an object or an array.
    """

    kind: Literal["any", "object", "array"] = "any"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "kind", self.kind, _KINDS)

    def __call__(self, *, outputs: object) -> Feedback:
        """The verdict, with what is wrong and where."""
        try:
            value = self._read(outputs)
        except ValueError as error:
            return self.feedback(value=False, rationale=f"no JSON: {error}")
        is_right = isinstance(value, _KINDS[self.kind])
        return self.feedback(
            value=is_right, rationale=None if is_right else f"JSON, but no {self.kind}"
        )


class JsonSchema(_JsonScorer):
    """True where the outputs are JSON that a JSON Schema allows (jsonschema-rs).

    schema: of the draft that its $schema names, else 2020-12; without one, the expectation
    `expected_schema` of each sample. No $ref is fetched from anywhere.
    """

    schema: Mapping[str, Any] | bool | None = None
    expectation: str = "expected_schema"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.schema is not None:
            try:
                _validator(self.schema)
            except ValueError as error:
                raise UserError(f"schema of the scorer {self.name} is none: {error}") from None

    def __call__(
        self,
        *,
        outputs: object,
        expectations: Mapping[str, Any] | None = None,
    ) -> Feedback:
        """The verdict, with the first things that the schema does not allow."""
        validator = self._validator_for(expectations)
        try:
            errors = list(islice(validator.iter_errors(self._read(outputs)), _SHOWN_ERRORS))
        except ValueError as error:
            return self.feedback(value=False, rationale=f"no JSON: {error}")
        return self.feedback(value=not errors, rationale="; ".join(map(_explained, errors)) or None)

    def _validator_for(self, expectations: Mapping[str, Any] | None) -> Any:  # noqa: ANN401
        if self.schema is not None:
            return _validator(self.schema)
        try:
            return _validator(expected(expectations, self.expectation))
        except ValueError as error:
            raise ScorerError(
                f"the expectation {self.expectation} is no JSON Schema: {error}",
                INVALID_EXPECTATION,
            ) from None


def _check_json(value: object) -> None:
    """Refuse what JSON cannot say. ValueError tells what."""
    try:
        json.dumps(value, allow_nan=False)
    except TypeError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("nested too deep") from None


def _validator(schema: object) -> Any:  # noqa: ANN401  # a class that each draft has its own of
    """A validator of a schema. ValueError, in one line, where it is none."""
    try:
        return _validator_of(json.dumps(schema, sort_keys=True))
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=256)
def _validator_of(text: str) -> Any:  # noqa: ANN401  # the same
    from jsonschema_rs import ReferencingError, ValidationError, validator_for

    try:
        return validator_for(json.loads(text), offline=True)
    except (ValidationError, ReferencingError) as error:
        said = getattr(error, "message", str(error))
        raise ValueError(said.partition("\n")[0][:_MAX_MESSAGE]) from None


def _explained(error: Any) -> str:  # noqa: ANN401  # jsonschema_rs.ValidationError
    place = "".join(f"[{each!r}]" for each in error.instance_path)
    return f"{place}: {error.message[:_MAX_MESSAGE]}" if place else error.message[:_MAX_MESSAGE]
