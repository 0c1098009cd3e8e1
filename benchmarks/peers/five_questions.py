"""Times five questions; run by each product's own Python, which needs nothing of ours."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def main(questions: Callable[[str], Mapping[str, Callable[[], Any]]]) -> None:
    """Ask each question so often; print milliseconds by question as JSON.

    Arguments: the URL of the server, the number of rounds, and seconds that a question may take
    before it is not asked again. A question that fails has its error in place of the times.
    """
    url, rounds, patience = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    told: dict[str, Any] = {}
    for name, ask in questions(url).items():
        times: list[float] = []
        try:
            for _ in range(rounds):
                began = time.perf_counter()
                found = ask()
                times.append((time.perf_counter() - began) * 1000)
                if sum(times) > patience * 1000:
                    break
        except Exception as error:  # noqa: BLE001  # whatever it says
            told[name] = {"error": f"{type(error).__name__}: {str(error)[:200]}"}
        else:
            told[name] = {"ms": times, "found": found}
    json.dump(told, sys.stdout)
