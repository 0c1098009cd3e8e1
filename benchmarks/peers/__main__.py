"""Spanlake beside MLflow and Phoenix: the same requests, on the same machine, in one run.

    python benchmarks/peers                     # an hour; writes docs/benchmarks.md and its plot
    python benchmarks/peers --spans 2048 --rounds 1 --print      # a few minutes, nothing written
    python benchmarks/peers --conformance       # holds each against the OTLP conformance suite

Each product is installed from PyPI (Spanlake from this checkout) into an environment of its own,
and started as its first-run documentation says, in an empty folder, one after another.
"""

import argparse
import datetime as dt
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # for the workload

import report
from conformance import write_conformance
from environments import Installed, install
from measure import Scale, as_json, measure
from products import REPOSITORY, Product, products

PAGE = REPOSITORY / "docs" / "benchmarks.md"
PLOT = REPOSITORY / "docs" / "images" / "peers.svg"
RESULTS = Path(__file__).parent / "results.json"


def hardware() -> str:
    """The machine, in a few words."""
    cpus = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}"
    )


def page(results: dict[str, Any]) -> str:
    """docs/benchmarks.md."""
    scale = results["scale"]
    text = (Path(__file__).parent / "benchmarks.md.txt").read_text("utf-8")
    return text.format(
        **{name: f"{value:,}" for name, value in scale.items()},
        table=report.table(results["rounds"]),
        hardware=results["hardware"],
        date=results["date"],
        load=", ".join(f"{each:.1f}" for each in results["load"]),
        caveats="\n".join(f"- {name}: {text}." for name, text in results["caveats"].items()),
    )


def run(names: Sequence[str], place: Path, scale: Scale, runs: int) -> dict[str, Any]:
    """Measure the products in turn, so many times."""
    chosen = [each for each in products() if each.name.lower() in names]
    installed: dict[str, Installed] = {}
    rounds: dict[str, list[dict[str, Any]]] = {each.name: [] for each in chosen}
    for each in chosen:
        print(f"installing {each.name}", file=sys.stderr)
        installed[each.name] = install(each, place)
    for number in range(runs):
        for each in chosen:
            print(f"run {number + 1}: {each.name}", file=sys.stderr)
            rounds[each.name].append(as_json(measure(each, installed[each.name], scale)))
    return {
        "hardware": hardware(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "load": os.getloadavg(),
        "caveats": {each.name: each.caveat for each in chosen},
        "scale": {
            "spans": scale.spans,
            "lost_spans": scale.lost_spans,
            "rounds": scale.rounds,
            "concurrency": scale.concurrency,
            "runs": runs,
        },
        "rounds": rounds,
    }


def _products(written: str) -> list[str]:
    names = [name.strip().lower() for name in written.split(",")]
    known: list[Product] = list(products())
    unknown = [name for name in names if name not in {each.name.lower() for each in known}]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"{unknown[0]!r}: must be of {', '.join(each.name.lower() for each in known)}"
        )
    return names


def main() -> None:
    """Parse, measure, print; write the page unless told not to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--products", type=_products, default=["spanlake", "mlflow", "phoenix"])
    parser.add_argument("--spans", type=int, default=12_288)
    parser.add_argument("--runs", type=int, default=3, help="of everything")
    parser.add_argument("--rounds", type=int, default=5, help="of each question")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--patience", type=float, default=120, help="seconds for a question")
    parser.add_argument("--environments", type=Path, help="where they are installed; kept if given")
    parser.add_argument("--print", action="store_true", help="write neither page nor results")
    parser.add_argument("--draw", action="store_true", help="draw the page from the last results")
    parser.add_argument("--conformance", action="store_true", help="OTLP instead of speed")
    options = parser.parse_args()
    if options.draw:
        _write(json.loads(RESULTS.read_text("utf-8")))
        return
    with tempfile.TemporaryDirectory() as temporary:
        place = options.environments or Path(temporary)
        if options.conformance:
            write_conformance(options.products, place)
            return
        scale = Scale(
            spans=options.spans,
            lost_spans=max(512, options.spans // 2),
            rounds=options.rounds,
            concurrency=options.concurrency,
            patience=options.patience,
        )
        results = run(options.products, place, scale, options.runs)
    print(page(results))
    if not options.print:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        _write(results)


def _write(results: dict[str, Any]) -> None:
    PAGE.write_text(page(results), "utf-8")
    PLOT.write_text(report.plot(results["rounds"]), "utf-8")


if __name__ == "__main__":
    main()
