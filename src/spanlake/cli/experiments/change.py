"""The commands of `spanlake experiments` that change what the catalog says of one."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.experiments.options import Name, Tags
from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanlake.storage.catalog.catalog import Catalog
    from spanlake.storage.catalog.experiments import Experiment


def create(
    name: Name,
    *,
    description: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag; may be given often.")] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Make an experiment before its first span has."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.experiments import create_experiment

    with open_catalog(data) as catalog:
        made = create_experiment(catalog, name, description=description, tags=tag or ())
    _say("created", made, output_format)


def describe(
    name: Name,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help='What it is about; "" removes what was said.')
    ],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Say what an experiment is about."""
    from spanlake.storage.catalog.experiments import describe_experiment

    with _catalog_with(name, data) as catalog:
        changed = describe_experiment(catalog, name, text)
    _say("described", changed, output_format)


def tag(
    name: Name, tags: Tags, *, data: DataOption = None, output_format: FormatOption = "table"
) -> None:
    """Add tags to an experiment."""
    from spanlake.storage.catalog.experiments import tag_experiment

    with _catalog_with(name, data) as catalog:
        changed = tag_experiment(catalog, name, add=tags)
    _say("tagged", changed, output_format)


def untag(
    name: Name, tags: Tags, *, data: DataOption = None, output_format: FormatOption = "table"
) -> None:
    """Take tags from an experiment."""
    from spanlake.storage.catalog.experiments import tag_experiment

    with _catalog_with(name, data) as catalog:
        changed = tag_experiment(catalog, name, remove=tags)
    _say("untagged", changed, output_format)


def archive(name: Name, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Put an experiment away: out of lists, with all its spans."""
    from spanlake.storage.catalog.experiments import archive_experiment

    with _catalog_with(name, data) as catalog:
        changed = archive_experiment(catalog, name)
    _say("archived", changed, output_format)


def restore(name: Name, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Bring an archived experiment back."""
    from spanlake.storage.catalog.experiments import restore_experiment

    with _catalog_with(name, data) as catalog:
        changed = restore_experiment(catalog, name)
    _say("restored", changed, output_format)


@contextmanager
def _catalog_with(name: str, data: str | None) -> "Iterator[Catalog]":
    """The catalog; an experiment that is only on stored spans is entered first."""
    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.experiments import ensure_experiments, get_experiment
    from spanlake.storage.experiment_overview import is_on_spans

    with open_catalog(data) as catalog:
        try:
            get_experiment(catalog, name)
        except NotFoundError as unknown:
            with spanlake.connect(data) as lake:
                if not is_on_spans(lake, name):
                    raise unknown from None
            ensure_experiments(catalog, [name])
        yield catalog


def _say(done: str, experiment: "Experiment", output_format: str) -> None:
    if output_format == "json":
        print_json([experiment])
    else:
        typer.echo(f"{done} {printable(experiment.name)}")
