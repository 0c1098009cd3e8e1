"""`spanlake traces show`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, console, print_json

if TYPE_CHECKING:
    from spanlake.storage.traces import Trace


def show(
    trace_id: Annotated[
        str, typer.Argument(metavar="TRACE_ID", help="The id of a trace, or the beginning of it.")
    ],
    *,
    data: DataOption = None,
    output_format: Annotated[
        Literal["tree", "json"],
        typer.Option("--format", help="For people, or all spans as one JSON array."),
    ] = "tree",
) -> None:
    """One trace: what was asked and answered, and its spans as a tree beside their time."""
    import spanlake
    from spanlake.storage.traces import get_trace

    with spanlake.connect(data) as lake:
        trace = get_trace(lake, trace_id)
    if output_format == "json":
        print_json([_flat(trace)])
        return
    from spanlake.cli.tree import trace_tree

    console().print(trace_tree(trace))


def _flat(trace: "Trace") -> dict[str, object]:
    """The trace with its spans inside, each with its place in the tree."""
    spans = [
        asdict(node.span)
        | {"place": node.place, "depth": node.depth, "descendants": node.descendants}
        for node in trace.spans
    ]
    return asdict(trace.summary) | {"spans": spans}
