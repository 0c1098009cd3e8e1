"""`spanlake traces export`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, OutputOption, output_file
from spanlake.cli.traces.options import FilterOption, TraceIds, Where
from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.storage.lake import Lake

NOTHING_FOUND = 1


def export(  # noqa: PLR0913  # a flag each
    trace_ids: TraceIds = None,
    *,
    filter_string: FilterOption = None,
    where: Where = None,
    output_format: Annotated[
        Literal["otlp-json", "otlp-proto", "parquet", "jsonl"],
        typer.Option(
            "--format", help="otlp-*: the requests as they were sent; else the view spans."
        ),
    ],
    output: OutputOption = None,
    data: DataOption = None,
) -> None:
    """Give spans back, as they were sent or as SQL sees them; of all traces if none is named."""
    import spanlake
    from spanlake.storage.export import write_otlp, write_spans

    for flag, typed in (("--filter", filter_string), ("--where", where)):
        if trace_ids and typed is not None:
            raise UserError(f"{flag} is {typed}, and TRACE_IDs are given as well: give one of them")
    with spanlake.connect(data) as lake:
        ids = _chosen(lake, trace_ids, filter_string, where)
        if not ids:
            typer.echo("no trace matched; nothing was written", err=True)
            raise typer.Exit(NOTHING_FOUND)
        with output_file(output, binary=output_format in {"otlp-proto", "parquet"}) as file:
            match output_format:
                case "otlp-json" | "otlp-proto":
                    write_otlp(lake, ids, output_format, file)
                case "parquet" | "jsonl":
                    write_spans(lake, ids, output_format, file)
    if output is not None:
        typer.echo(f"{len(ids):,} traces written to {output}", err=True)


def _chosen(
    lake: "Lake", trace_ids: list[str] | None, filter_string: str | None, where: str | None
) -> list[str]:
    from spanlake.storage.traces import TraceFilter, all_ids, full_trace_id, matching_ids

    if trace_ids:
        return [full_trace_id(lake, given) for given in trace_ids]
    if filter_string is not None or where is not None:
        return matching_ids(lake, TraceFilter(filter_string=filter_string, where=where))
    return all_ids(lake)
