"""What answers a question takes, as JSON: `{"kind": "numeric", "min_value": 1, "max_value": 5}`."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from difflib import get_close_matches
from typing import Any

from spanlake.entities.label_schema import INPUTS, LabelInput
from spanlake.errors import UserError

_BY_KIND = {each.kind: each for each in INPUTS}


def input_values(taken: LabelInput) -> dict[str, Any]:
    """The kind of an input with its settings, as plain values."""
    return {"kind": taken.kind} | asdict(taken)


def read_input(given: Mapping[str, Any]) -> LabelInput:
    """An input from its kind and settings. UserError for what is none."""
    kind = given.get("kind")
    if kind not in _BY_KIND:
        raise UserError(f"kind is {kind!r}: must be one of {', '.join(_BY_KIND)}; correct it")
    made = _BY_KIND[kind]
    known = [each.name for each in fields(made)]
    settings = {key: value for key, value in given.items() if key != "kind"}
    for key in settings:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            step = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
            raise UserError(f"{key} is no setting of a {kind} question; {step}")
    try:
        return made(**settings)
    except TypeError:
        raise UserError(
            f"a {kind} question needs {', '.join(known)}, of the right types; correct them"
        ) from None
