"""The commands of `spanlake datasets` that make one, and change or remove what is said of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanlake.cli.datasets.options import Name, Note
from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.cli.pairs import pairs
from spanlake.errors import UserError
from spanlake.quantities import counted

if TYPE_CHECKING:
    from spanlake.storage.catalog.datasets import Dataset

SchemaFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A JSON schema that records are held to.")
]


def create(  # noqa: PLR0913  # a flag each
    name: Name,
    *,
    description: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    experiment: Annotated[str | None, typer.Option(help="The experiment it belongs to.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="May be given often.")
    ] = None,
    inputs_schema: SchemaFile = None,
    expectations_schema: SchemaFile = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Make an empty dataset."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.config import data_path
    from spanlake.storage.catalog.datasets import create_dataset
    from spanlake.storage.files.object_path import path_of
    from spanlake.storage.files.state import make_root

    make_root(path_of(data_path(data)))
    with open_catalog(data) as catalog:
        made = create_dataset(
            catalog,
            name,
            description=description,
            experiment=experiment,
            tags=pairs("--tag", tag, example="team=support"),
            inputs_schema=_schema(inputs_schema, "--inputs-schema"),
            expectations_schema=_schema(expectations_schema, "--expectations-schema"),
        )
    _say("created", made, output_format)


def schema(
    name: Name,
    *,
    inputs: SchemaFile = None,
    expectations: SchemaFile = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Hold the records to a JSON schema from now on; a file with {} takes it away."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.datasets import SchemaChange, set_dataset_schemas

    change = SchemaChange(_schema(inputs, "--inputs"), _schema(expectations, "--expectations"))
    with open_catalog(data) as catalog:
        changed = set_dataset_schemas(catalog, name, change)
    _say("changed", changed, output_format)


def describe(
    name: Name,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help='What it is about; "" removes what was said.')
    ],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Say what a dataset is about."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.datasets import describe_dataset

    with open_catalog(data) as catalog:
        changed = describe_dataset(catalog, name, text)
    _say("described", changed, output_format)


def tag(
    name: Name,
    tags: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE...", help="KEY= takes the tag away.")
    ],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Set tags of a dataset, and leave the others."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.datasets import set_dataset_tags

    told = pairs("KEY=VALUE", tags, example="team=support")
    given = {key: value or None for key, value in told.items()}
    with open_catalog(data) as catalog:
        changed = set_dataset_tags(catalog, name, given)
    _say("tagged", changed, output_format)


def split(
    name: Name,
    weights: Annotated[
        list[str], typer.Argument(metavar="SPLIT=WEIGHT...", help="Such as train=0.8 test=0.2.")
    ],
    *,
    note: Note = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Give every record a split, by its inputs, so that it keeps it as others come."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.dataset_splits import assign_splits
    from spanlake.storage.catalog.datasets import get_dataset

    told = pairs("SPLIT=WEIGHT", weights, example="train=0.8")
    shares = {key: _weight(key, value) for key, value in told.items()}
    with open_catalog(data) as catalog:
        assign_splits(catalog, name, shares, note=note)
        changed = get_dataset(catalog, name)
    _say("split", changed, output_format)


def remove(
    name: Name,
    record_ids: Annotated[list[str], typer.Argument(metavar="RECORD_ID...", help="Which ones.")],
    *,
    note: Note = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Take records out of a dataset, as its next version; earlier ones keep them."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.dataset_merge import delete_records
    from spanlake.storage.catalog.datasets import get_dataset

    with open_catalog(data) as catalog:
        removed = delete_records(catalog, name, record_ids, note=note)
        changed = get_dataset(catalog, name)
    _say(f"removed {counted(removed, 'record')} from", changed, output_format)


def delete(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: DataOption = None,
) -> None:
    """Remove a dataset with all its versions; runs keep their results."""
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.datasets import delete_dataset, get_dataset

    with open_catalog(data) as catalog:
        found = get_dataset(catalog, name)
        if not yes:
            count = counted(found.record_count, "record")
            typer.confirm(f"Delete {found.name} with {count}, for good?", abort=True, err=True)
        delete_dataset(catalog, found.dataset_id, actor=whoever_runs_this())
    typer.echo(f"deleted {printable(found.name)}", err=True)


def _say(what: str, dataset: "Dataset", output_format: FormatOption) -> None:
    if output_format == "json":
        print_json([dataset])
    else:
        typer.echo(f"{what} {printable(dataset.name)}@{dataset.version}")


def _weight(split_name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(
            f"the weight of {split_name} is {text!r}: must be a number, such as 0.8"
        ) from None


def _schema(path: Path | None, flag: str) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"{flag} is {path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise UserError(f"{flag} is {path}: is no JSON ({error}); correct it") from None
    return loaded
