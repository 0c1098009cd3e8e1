"""A program that evaluates an app whose calls, and whose judge's, are noted in a file.

evaluated.py DATA CALLS ROWS [RUN_ID]: a line of CALLS is written as a call begins.
"""

import asyncio
import os
import sys

from spanlake.evaluation.evaluate import evaluate
from spanlake.evaluation.scorers import scorer

_SECONDS = 0.01

data, calls, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
_file = os.open(calls, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _note(what: str, number: int) -> None:
    os.write(_file, f"{what} {number}\n".encode())


async def app(number: int) -> int:
    """Double a number."""
    _note("predict", number)
    await asyncio.sleep(_SECONDS)
    return number * 2


@scorer
async def judge(inputs: dict[str, int], outputs: int) -> bool:
    """Say whether it is doubled."""
    _note("judge", inputs["number"])
    await asyncio.sleep(_SECONDS)
    return outputs == 2 * inputs["number"]


@scorer
async def picky(inputs: dict[str, int]) -> bool:
    """Fail on every tenth number, slowly."""
    _note("picky", inputs["number"])
    await asyncio.sleep(_SECONDS)
    if inputs["number"] % 10 == 0:
        raise ValueError("a tenth")
    return True


result = evaluate(
    [{"inputs": {"number": number}} for number in range(rows)],
    app,
    [judge, picky],
    run_id=sys.argv[4] if len(sys.argv) > 4 else None,
    lake=data,
    name="killed",
)
print(result.run_id, result.metrics["judge/mean"], result.row_count)  # noqa: T201  # its answer
