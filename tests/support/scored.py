"""A program that scores stored traces with a scorer whose calls are noted in a file.

scored.py DATA CALLS: a line of CALLS is written as a call begins.
"""

import asyncio
import os
import sys

from spanlake.entities import Trace
from spanlake.evaluation.score import score
from spanlake.evaluation.scorers import scorer

_file = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


@scorer
async def judge(trace: Trace) -> bool:
    """Look at a trace for a while."""
    os.write(_file, f"judge {trace.trace_id}\n".encode())
    await asyncio.sleep(0.01)
    return True


result = score([judge], lake=sys.argv[1])
print(sum(result.scored.values()))  # noqa: T201  # its answer
