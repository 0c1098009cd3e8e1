"""The `spanlake` command: its groups, and how an error ends it."""

import sys
from collections.abc import Callable
from functools import cache
from typing import Annotated

import typer
from typer.main import get_command

from spanlake import __version__
from spanlake.cli import serve
from spanlake.cli.assessments.app import app as assessments
from spanlake.cli.datasets.app import app as datasets
from spanlake.cli.demo.command import demo
from spanlake.cli.doctor.command import doctor
from spanlake.cli.evaluate import evaluate
from spanlake.cli.experiments.app import app as experiments
from spanlake.cli.keys.app import app as keys
from spanlake.cli.prices.app import app as prices
from spanlake.cli.queues.app import app as queues
from spanlake.cli.quick_start import collect_rarely
from spanlake.cli.redact.app import app as redact
from spanlake.cli.renormalize import renormalize
from spanlake.cli.retain import retain
from spanlake.cli.runs.app import app as runs
from spanlake.cli.sample import sample
from spanlake.cli.schemas.app import app as schemas
from spanlake.cli.score import score
from spanlake.cli.seal import seal
from spanlake.cli.sql.command import sql
from spanlake.cli.traces.app import app as traces
from spanlake.cli.users.app import app as users
from spanlake.cli.verify import verify
from spanlake.cli.versions.app import app as versions
from spanlake.errors import UserError

# What a command's end means, as the contract has it: 0 done, 1 the answer is no.
USER_MISTAKE = 2
BUG = 70

app = typer.Typer(
    help="The lakehouse for GenAI traces: OpenTelemetry in, Parquet on disk, SQL out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_COLLECT, _ASK, _KEEP = "Collect", "Ask", "Keep well"
_EVALUATE = "Evaluate"
app.command(rich_help_panel=_COLLECT)(serve.serve)
app.command(rich_help_panel=_COLLECT)(demo)
app.command(rich_help_panel=_ASK)(sql)
app.add_typer(traces, name="traces", rich_help_panel=_ASK)
app.add_typer(assessments, name="assessments", rich_help_panel=_ASK)
app.add_typer(experiments, name="experiments", rich_help_panel=_ASK)
app.add_typer(versions, name="versions", rich_help_panel=_ASK)
app.add_typer(prices, name="prices", rich_help_panel=_ASK)
app.command(rich_help_panel=_EVALUATE)(evaluate)
app.command(rich_help_panel=_EVALUATE)(score)
app.add_typer(datasets, name="datasets", rich_help_panel=_EVALUATE)
app.add_typer(runs, name="runs", rich_help_panel=_EVALUATE)
app.add_typer(schemas, name="schemas", rich_help_panel=_EVALUATE)
app.add_typer(queues, name="queues", rich_help_panel=_EVALUATE)
app.add_typer(keys, name="keys", rich_help_panel=_KEEP)
app.add_typer(redact, name="redact", rich_help_panel=_KEEP)
app.add_typer(users, name="users", rich_help_panel=_KEEP)
app.command(rich_help_panel=_KEEP)(seal)
app.command(rich_help_panel=_KEEP)(retain)
app.command(rich_help_panel=_KEEP)(sample)
app.command(rich_help_panel=_KEEP)(renormalize)
app.command(rich_help_panel=_KEEP)(verify)
app.command(rich_help_panel=_KEEP)(doctor)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        typer.echo(f"spanlake {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
) -> None:
    """Say what belongs to no command."""


@cache
def _command() -> Callable[[], object]:
    """What Typer makes of all signatures, once for all commands that a program runs."""
    return get_command(app)


def main() -> None:
    """Run the command line: a user's mistake is one line, a bug keeps its traceback."""
    collect_rarely()
    try:
        _command()()
    except UserError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(USER_MISTAKE)
    except Exception:  # noqa: BLE001  # the last resort of the whole program
        import traceback

        traceback.print_exc()
        typer.echo("error: this is a fault in Spanlake; please report it with the above", err=True)
        sys.exit(BUG)
