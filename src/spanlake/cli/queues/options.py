"""What the commands of `spanlake queues` have in common."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from spanlake.entities.review import ReviewQueue

Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="Its name or id.")]
Filter = Annotated[
    str | None, typer.Option("--filter", metavar="FILTER", help="Traces, in the filter language.")
]
Since = Annotated[
    str | None, typer.Option(help="30m, 24h, 7d, 2w ago, or a date such as 2026-11-21.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="The newest so many.")]
BySession = Annotated[
    bool,
    typer.Option("--by-session", help="Whole sessions, of the traces that --filter and such fit."),
]
ReviewersPerItem = Annotated[
    int | None,
    typer.Option(min=1, help="Independent answers an item needs.", show_default="1"),
]


def values_of(queue: "ReviewQueue") -> dict[str, Any]:
    """A queue as plain values."""
    from dataclasses import asdict

    from spanlake.cli.schemas.listing import values_of as schema_values

    return asdict(queue) | {"schemas": [schema_values(each) for each in queue.schemas]}
