"""`spanlake assessments list`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from spanlake.entities import Assessment


def list_(  # noqa: PLR0913  # a flag each
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    trace: Annotated[str | None, typer.Option(metavar="TRACE_ID", help="Of a trace.")] = None,
    session: Annotated[str | None, typer.Option(help="Of a session.")] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN_ID", help="Of an evaluation.")] = None,
    name: Annotated[str | None, typer.Option(help="Called so.")] = None,
    kind: Annotated[
        Literal["feedback", "expectation"] | None, typer.Option(help="Only these.")
    ] = None,
    source_type: Annotated[
        Literal["HUMAN", "LLM_JUDGE", "CODE"] | None, typer.Option(help="Said by these.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="30m, 24h, 7d, 2w ago, or a date such as 2026-11-21.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Also those overridden or deleted.")
    ] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """The newest assessments, the last one first."""
    from datetime import UTC, datetime

    from orjson import Fragment

    import spanlake
    from spanlake.cli.since import parse_since
    from spanlake.storage.assessments.listing import (
        AssessmentFilter,
        assessments_page,
        list_assessments,
    )
    from spanlake.storage.traces import full_trace_id

    with spanlake.connect(data) as lake:
        chosen = AssessmentFilter(
            trace_id=None if trace is None else full_trace_id(lake, trace),
            session_id=session,
            run_id=run,
            name=name,
            kind=kind,
            source_type=source_type,
            since=None if since is None else parse_since(since, now=datetime.now(UTC)),
            with_invalid=history,
        )
        if output_format == "json":
            page = assessments_page(lake, chosen, limit=limit)
            print_json([Fragment(row) for row in page.rows])
            return
        found = list_assessments(lake, chosen, limit=limit)
    if not found:
        typer.echo("no assessments; `spanlake assessments log` makes one", err=True)
        return
    console().print(_table(found))


def _table(assessments: "Sequence[Assessment]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("time", "id"):
        table.add_column(heading, no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("value", max_width=32)
    table.add_column("source", overflow="fold")
    table.add_column("of", overflow="fold")
    table.add_column("rationale")
    for each in assessments:
        said = printable(_value(each))
        table.add_row(
            quantities.moment(each.created_at),
            each.assessment_id,
            Text(printable(each.name or "")),
            Text(said, "" if each.is_valid else "dim strike", no_wrap=True, overflow="ellipsis"),
            Text(printable(f"{each.source.source_type} {each.source.source_id}")),
            Text(printable(_target(each))),
            Text(printable(each.rationale or ""), no_wrap=True, overflow="ellipsis"),
        )
    return table


def _value(assessment: "Assessment") -> str:
    import orjson

    if assessment.error is not None:
        return assessment.error.error_code
    if isinstance(assessment.value, str):
        return assessment.value
    return orjson.dumps(assessment.value).decode()


def _target(assessment: "Assessment") -> str:
    ids = (assessment.span_id, assessment.trace_id, assessment.session_id, assessment.record_id)
    return f"{assessment.target_type} {next(filter(None, ids), '')}"
