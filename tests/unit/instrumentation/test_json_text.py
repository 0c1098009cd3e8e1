import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from pydantic import BaseModel

from spanlake.instrumentation.json_text import to_text


@dataclass
class Order:
    number: int
    lines: list[str] = field(default_factory=list)


class Answer(BaseModel):
    text: str
    at: datetime


class Colour(Enum):
    RED = "red"


class Spiteful:
    def __repr__(self) -> str:
        raise RuntimeError("no")


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        ({"ü": 1}, '{"ü":1}'),
        (Order(1, ["a"]), '{"number":1,"lines":["a"]}'),
        (
            Answer(text="hi", at=datetime(2026, 1, 1, tzinfo=UTC)),
            '{"text":"hi","at":"2026-01-01T00:00:00Z"}',
        ),
        ({3, 1}, "[1,3]"),
        (b"abc", '"<3 bytes>"'),
        (ValueError("x"), '"ValueError: x"'),
        (np.array([1, 2]), "[1,2]"),
        (np.zeros((100, 100)), '"<ndarray of (100, 100)>"'),
        ({"a": math.nan, "b": [math.inf]}, '{"a":"nan","b":["inf"]}'),
        ({(1, 2): "odd key"}, '{"(1, 2)":"odd key"}'),
        (Colour.RED, "\"<Colour.RED: 'red'>\""),
        ([Spiteful()], '["<Spiteful that raises RuntimeError>"]'),
        ("half \ud83d a pair", "half ? a pair"),
    ],
)
def test_any_value_has_a_text(value: object, text: str) -> None:
    """JSON holds what it can of any value, and nothing that an object does is raised."""
    assert to_text(value, 1000) == text


@pytest.mark.parametrize("value", [LOOP, MagicMock(), object(), type])
def test_what_has_no_text_of_its_own(value: object) -> None:
    """Cycles, doubles that have every method, and bare objects end somehow."""
    assert to_text(value, 1000)


def test_long_texts_are_shortened_within_json() -> None:
    """Too much JSON stays JSON: its longest texts are cut, and say by how much."""
    value = {"question": "short", "page": "x" * 10_000, "more": ["y" * 10_000]}
    text = to_text(value, 2000)
    assert len(text) <= 2000
    cut = json.loads(text)
    assert cut["question"] == "short"
    assert cut["page"].startswith("xxxx")
    assert cut["page"].endswith("characters more]")


def test_what_cannot_be_shortened_within() -> None:
    """JSON of very many small things is cut as a text."""
    assert len(to_text({str(n): n for n in range(1000)}, 500)) < 550
    assert to_text("x" * 300, 200) == "x" * 200 + "… [100 characters more]"


def test_long_lists_cost_next_to_nothing() -> None:
    """A list of a million numbers is sent as its first ones, and how many more there were."""
    many = json.loads(to_text({"vector": list(range(1_000_000))}, 10_000))["vector"]
    assert many[:2] == [0, 1]
    assert many[-1] == "… [999800 items more]"
