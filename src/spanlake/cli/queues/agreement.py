"""`spanlake queues agreement`."""

from typing import TYPE_CHECKING

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.queues.options import Queue

if TYPE_CHECKING:
    from spanlake.evaluation.statistics.estimate import Estimate


def agreement(
    queue: Queue, *, data: DataOption = None, output_format: FormatOption = "table"
) -> None:
    """How well reviewers agree on each question: Cohen's kappa, Krippendorff's alpha."""
    from rich.table import Table
    from rich.text import Text

    from spanlake.cli.catalog import open_catalog
    from spanlake.evaluation.labels.agreement import queue_agreement
    from spanlake.storage.catalog.labels.labels import list_labels
    from spanlake.storage.catalog.labels.queues import get_queue

    with open_catalog(data) as catalog:
        found = get_queue(catalog, queue)
        questions = queue_agreement(found.schemas, list_labels(catalog, queue))
    if output_format == "json":
        rows = [
            {
                "name": each.schema.name,
                "reviewers": each.reviewers,
                "labels": each.labels,
                "items": each.items,
                "alpha": each.alpha,
                "pairs": each.pairs,
                "to_decide": [one.item_id for one in each.open_disagreements],
            }
            for each in questions
        ]
        print_json(rows)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("question", "reviewers", "items", "same", "kappa", "alpha", "to decide"):
        table.add_column(heading)
    for each in questions:
        open_ = str(len(each.open_disagreements))
        name = Text(printable(each.schema.name))
        if not each.pairs:
            table.add_row(name, "", str(each.items), "", "", _number(each.alpha), open_)
        for at, pair in enumerate(each.pairs):
            share = pair.observed.value
            table.add_row(
                name if at == 0 else "",
                Text(printable(" and ".join(pair.reviewers))),
                str(pair.items),
                "" if share is None else f"{share:.0%}",
                _number(pair.kappa),
                _number(each.alpha) if at == 0 else "",
                open_ if at == 0 else "",
            )
    console().print(table)
    if found.reviewers_per_item == 1:
        typer.echo("each item is answered once; make queues with --reviewers-per-item 2", err=True)


def _number(found: "Estimate | None") -> str:
    from spanlake.quantities import UNKNOWN

    if found is None or found.value is None:
        return UNKNOWN
    if found.interval is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
