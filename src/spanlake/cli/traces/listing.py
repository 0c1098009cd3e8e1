"""`spanlake traces list`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.traces.options import FilterArgument, FilterOption, Where
from spanlake.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from spanlake.storage.traces import TraceSummary

_NOTHING = "no traces; send some, or run `spanlake demo`"
_NO_MATCH = "no trace matched; `spanlake traces list` shows the newest"


def list_(  # noqa: PLR0913  # a flag each
    filter_string: FilterArgument = None,
    *,
    filter_option: FilterOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    where: Where = None,
    since: Annotated[
        str | None, typer.Option(help="30m, 24h, 7d, 2w ago, or a date such as 2026-11-21.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Only those of a session.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Only those with errors.")] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """The newest traces, newest first."""
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.since import parse_since
    from spanlake.storage.traces import TraceFilter, list_traces

    if filter_string is not None and filter_option is not None:
        raise UserError(f"--filter is {filter_option}, and FILTER is given as well: give one")
    chosen = TraceFilter(
        filter_string=filter_option if filter_string is None else filter_string,
        where=where,
        since=None if since is None else parse_since(since, now=datetime.now(UTC)),
        session_id=session,
        has_errors=errors,
    )
    with spanlake.connect(data) as lake:
        found = list_traces(lake, chosen, limit=limit)
    if output_format == "json":
        print_json(found)
        return
    if not found:
        typer.echo(_NOTHING if chosen == TraceFilter() else _NO_MATCH, err=True)
        return
    console().print(_table(found))


def _table(traces: "list[TraceSummary]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("time", "trace_id"):
        table.add_column(heading, no_wrap=True)
    table.add_column("name", max_width=32)
    for heading in ("duration", "spans", "tokens", "cost"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("input")
    for trace in traces:
        is_failed = trace.error_count > 0 or trace.status_code == "ERROR"
        status = quantities.counted(trace.error_count, "error") if is_failed else "ok"
        table.add_row(
            quantities.moment(trace.start_time),
            trace.trace_id,
            _one_line(trace.name),
            quantities.duration(trace.duration_ms),
            f"{trace.span_count:,}",
            quantities.tokens(trace.input_tokens, trace.output_tokens),
            quantities.cost(trace.cost_usd, unpriced_calls=trace.unpriced_call_count),
            Text(status, style="red" if is_failed else "green"),
            _one_line(trace.input),
        )
    return table


def _one_line(text: str | None) -> "Text":
    from rich.text import Text

    return Text(printable(text or ""), no_wrap=True, overflow="ellipsis")
