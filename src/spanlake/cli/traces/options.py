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
