"""`spanlake schemas list` and `show`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from spanlake.entities.label_schema import LabelInput, LabelSchema


def list_(*, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """The questions that can be asked, by name."""
    from rich.table import Table
    from rich.text import Text

    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.schemas import list_label_schemas

    with open_catalog(data) as catalog:
        found = list_label_schemas(catalog)
    if output_format == "json":
        print_json([values_of(each) for each in found])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("name", "type", "version", "answers", "title"):
        table.add_column(heading)
    for each in found:
        table.add_row(
            Text(printable(each.name)),
            each.type,
            str(each.version),
            Text(printable(taken(each.input))),
            Text(printable(each.title or "")),
        )
    console().print(table)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Or the id of a version.")],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """One question with all that is said of it."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.schemas import get_label_schema

    with open_catalog(data) as catalog:
        found = get_label_schema(catalog, name)
    if output_format == "json":
        print_json([values_of(found)])
        return
    lines = {
        "name": found.name,
        "version": str(found.version),
        "type": found.type,
        "title": found.title or "",
        "instruction": found.instruction or "",
        "answers": taken(found.input),
        "comment": "yes" if found.enable_comment else "no",
        "id": found.schema_id,
    }
    for heading, text in lines.items():
        if text:
            typer.echo(f"{heading:<12} {printable(text)}")


def values_of(schema: "LabelSchema") -> dict[str, Any]:
    """A question as plain values, its input with its kind."""
    from dataclasses import asdict

    from spanlake.storage.catalog.labels.input_json import input_values

    return asdict(schema) | {"input": input_values(schema.input)}


def taken(taken: "LabelInput") -> str:
    """Which answers a question takes, in words."""
    from spanlake.entities.label_schema import (
        InputCategorical,
        InputNumeric,
        InputPassFail,
        InputText,
    )

    match taken:
        case InputPassFail():
            return f"{taken.positive_label} or {taken.negative_label}"
        case InputCategorical():
            return f"{'some' if taken.multi_select else 'one'} of {', '.join(taken.options)}"
        case InputNumeric():
            low = "any" if taken.min_value is None else f"{taken.min_value:g}"
            high = "any" if taken.max_value is None else f"{taken.max_value:g}"
            return f"a number from {low} to {high}"
        case InputText():
            return f"a text of at most {taken.max_length:,} characters"
        case _:
            return f"at most {taken.max_count} texts"
