"""`spanlake schemas create` and `delete`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.entities.label_schema import LabelInput

_Name = Annotated[
    str, typer.Argument(metavar="NAME", help="That of the assessments answers become.")
]
_Kind = Literal["pass-fail", "categorical", "numeric", "text", "text-list"]


def create(  # noqa: PLR0913  # a flag each
    name: _Name,
    *,
    kind: Annotated[_Kind, typer.Option(help="Which answers it takes.")],
    type_: Annotated[
        Literal["feedback", "expectation"], typer.Option("--type", help="What an answer is.")
    ] = "feedback",
    title: Annotated[str | None, typer.Option(help="What the reviewer reads.")] = None,
    instruction: Annotated[str | None, typer.Option(help="What to mind.")] = None,
    comment: Annotated[bool, typer.Option("--comment", help="With room for a comment.")] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Of categorical: an option; may be given often."),
    ] = None,
    several: Annotated[
        bool, typer.Option("--several", help="Of categorical: several may be chosen.")
    ] = False,
    minimum: Annotated[float | None, typer.Option("--min", help="Of numeric: the least.")] = None,
    maximum: Annotated[float | None, typer.Option("--max", help="Of numeric: the most.")] = None,
    positive: Annotated[str, typer.Option(help="Of pass-fail: the good one.")] = "Pass",
    negative: Annotated[str, typer.Option(help="Of pass-fail: the bad one.")] = "Fail",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Make the next version of one that is there.")
    ] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Make a question."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.schemas.listing import values_of
    from spanlake.entities.label_schema import InputNumeric, InputPassFail, InputText, InputTextList
    from spanlake.storage.catalog.labels.schemas import create_label_schema

    taken: LabelInput
    match kind:
        case "pass-fail":
            taken = InputPassFail(positive_label=positive, negative_label=negative)
        case "categorical":
            taken = _categorical(option, several=several)
        case "numeric":
            taken = InputNumeric(min_value=minimum, max_value=maximum)
        case "text":
            taken = InputText()
        case "text-list":
            taken = InputTextList()
    with open_catalog(data) as catalog:
        made = create_label_schema(
            catalog,
            name,
            type=type_,
            input=taken,
            title=title,
            instruction=instruction,
            enable_comment=comment,
            overwrite=overwrite,
        )
    if output_format == "json":
        print_json([values_of(made)])
    else:
        typer.echo(f"question {printable(made.name)}, version {made.version}")


def delete(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a question.")],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Ask a question no more; queues that have it keep it, and so do answers."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.schemas import delete_label_schema

    with open_catalog(data) as catalog:
        delete_label_schema(catalog, name)
    if output_format == "json":
        print_json([{"name": name}])
    else:
        typer.echo(f"{printable(name)} is asked no more")


def _categorical(options: list[str] | None, *, several: bool) -> "LabelInput":
    from spanlake.entities.label_schema import InputCategorical

    if not options:
        raise UserError("--option is missing: a categorical question needs two or more; add them")
    return InputCategorical(options=options, multi_select=several)
