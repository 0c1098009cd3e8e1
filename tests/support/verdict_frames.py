"""Runs of made-up apps, as verdicts in the columns of the view `assessments`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from spanlake.evaluation.statistics import Run


def frame(scorer: str, values: Sequence[Any], **columns: Sequence[Any]) -> pl.DataFrame:
    """A row a value, of records 0, 1, 2 … unless `record_id` says otherwise."""
    kinds = {bool: "value_bool", str: "value_string"}
    given = [value for value in values if value is not None]
    column = kinds.get(type(given[0]), "value_double") if given else "value_double"
    ids = columns.pop("record_id", [str(place) for place in range(len(values))])
    names: Mapping[str, Any] = {"record_id": ids, column: list(values), **columns}
    return pl.DataFrame(names, strict=False).with_columns(pl.lit(scorer).alias("scorer"))


def run(name: str, *frames: pl.DataFrame) -> Run:
    return Run(name, pl.concat(frames, how="diagonal_relaxed"))


def passes(name: str, gone_wrong: int, count: int = 100, scorer: str = "correctness") -> Run:
    """A run that fails its first `gone_wrong` records of `count`."""
    return run(name, frame(scorer, [place >= gone_wrong for place in range(count)]))


def support_bot(name: str, *, skill: float, seconds: float, seed: int, count: int = 200) -> Run:
    """An app judged on records of differing hardness: correctness, a rating, and latency."""
    hardness = np.random.default_rng(0).random(count)
    random = np.random.default_rng(seed)
    luck = random.random(count) * 0.4
    correct = (hardness * 0.6 + luck < skill).tolist()
    tone = np.clip(np.rint(5 * skill + random.normal(0, 1, count)), 1, 5).tolist()
    latency = (seconds * np.exp(hardness + random.normal(0, 0.2, count))).tolist()
    shared = {
        "language": np.where(hardness < 0.3, "de", "en").tolist(),
        "trace_id": [f"{name}-{place}" for place in range(count)],
    }
    return run(
        name,
        frame("correctness", correct, **shared),
        frame("tone", tone, **shared),
        frame("latency", latency, **shared),
    )
