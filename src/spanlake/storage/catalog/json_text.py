"""JSON values as the catalog keeps them: one text for one value, whatever the order of its keys."""

import hashlib
from typing import Any

import orjson

from spanlake.errors import UserError

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY


def json_text(value: Any, *, typed: str) -> str:  # noqa: ANN401  # any JSON
    """The JSON text of a value. typed: what the user knows it as. UserError if it is none."""
    try:
        return orjson.dumps(value, option=_OPTIONS).decode()
    except (TypeError, ValueError) as error:  # orjson's own error is a TypeError
        raise UserError(
            f"{typed} cannot be kept: must be a JSON value ({error}); convert it first"
        ) from None


def json_value(text: str | None) -> Any:  # noqa: ANN401  # any JSON
    """The value of a JSON text; None for None."""
    return None if text is None else orjson.loads(text)


def text_digest(*texts: str | None) -> str:
    """SHA-256 of texts, in hex; where one ends and the next begins counts."""
    return hashlib.sha256(orjson.dumps(texts)).hexdigest()
