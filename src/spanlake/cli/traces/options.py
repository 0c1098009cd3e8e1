"""Options that several commands of `spanlake traces` have."""

from typing import Annotated

import typer

TraceIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TRACE_ID]...", help="Trace ids, or the beginning of each."),
]
Where = Annotated[
    str | None,
    typer.Option(
        metavar="SQL", help="Condition on columns of the view traces, such as cost_usd > 0.01."
    ),
]

_FILTER = "Only those that meet a filter, such as \"status = 'ERROR' AND duration > 2s\"."
FilterArgument = Annotated[
    str | None, typer.Argument(metavar="[FILTER]", help=_FILTER, show_default=False)
]
FilterOption = Annotated[str | None, typer.Option("--filter", metavar="FILTER", help=_FILTER)]
