"""`spanlake sql`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, OutputOption
from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.storage.lake import Lake

Format = Literal["table", "json", "jsonl", "csv", "parquet", "arrow"]

# As a shell has it for a program that Ctrl-C has ended.
_INTERRUPTED = 130


def sql(  # noqa: PLR0913  # a flag each
    query: Annotated[
        str | None, typer.Argument(help="A query; without one, stdin or a prompt.")
    ] = None,
    *,
    file: Annotated[Path | None, typer.Option(help="A file with the query.")] = None,
    output_format: Annotated[
        Format | None,
        typer.Option("--format", show_default="what the name after -o ends with, or table"),
    ] = None,
    output: OutputOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="Only what was there then: 24h ago, or a time.", metavar="TIME"),
    ] = None,
    data: DataOption = None,
) -> None:
    """Ask the lake in SQL (DuckDB's dialect): FROM traces, spans, llm_calls and more."""
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.since import parse_since
    from spanlake.cli.sql.answer import print_table, write_answer
    from spanlake.storage.query import InterruptedQueryError

    text = _text(query, file)
    chosen = output_format or _format_of(output)
    moment = None if as_of is None else parse_since(as_of, now=datetime.now(UTC), flag="--as-of")
    with spanlake.connect(data, as_of=moment) as lake:
        try:
            if text is None:
                _prompt(lake, chosen, output)
            elif chosen == "table":
                _refuse_file(output)
                print_table(lake, text)
            else:
                write_answer(lake, text, chosen, output)
        except InterruptedQueryError:
            raise typer.Exit(_INTERRUPTED) from None


def _text(query: str | None, file: Path | None) -> str | None:
    """The query as it was given; None when a person is to be asked for it."""
    if query is not None and file is not None:
        raise UserError(f"--file is {file}, and a query is given as well: give one of them")
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--file is {file}: cannot be read ({error}); name another") from None
    if query is None and not sys.stdin.isatty():
        return sys.stdin.read()
    return query


def _format_of(output: Path | None) -> Format:
    match output.suffix if output else None:
        case ".json":
            return "json"
        case ".jsonl":
            return "jsonl"
        case ".csv":
            return "csv"
        case ".parquet":
            return "parquet"
        case ".arrow":
            return "arrow"
        case _:
            return "table"


def _prompt(lake: "Lake", output_format: Format, output: Path | None) -> None:
    if output_format != "table" or output is not None:
        raise UserError("--format and -o are for one query, and none is given; add it")
    from spanlake.cli.sql.prompt import prompt

    prompt(lake)


def _refuse_file(output: Path | None) -> None:
    if output is not None:
        raise UserError(
            f"-o is {output}: a table is for the terminal; say --format csv, json, jsonl, parquet "
            "or arrow"
        )
