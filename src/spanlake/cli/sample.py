"""`spanlake sample`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.cli.pairs import pairs
from spanlake.cli.progress import FileProgress
from spanlake.errors import UserError
from spanlake.quantities import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanlake.config import TailSampling
    from spanlake.storage.layout import Layout
    from spanlake.storage.sampling.tail import Sampled


def sample(  # noqa: PLR0913  # a flag each
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            help="A file with processors.tail_sampling.", show_default="./otel-config.yaml"
        ),
    ] = None,
    decision_wait: Annotated[
        str | None,
        typer.Option(help="How long nothing of a trace has come, such as 1h.", show_default="1h"),
    ] = None,
    sampling_percentage: Annotated[
        float | None,
        typer.Option(help="Of the traces that nothing else keeps.", show_default="100"),
    ] = None,
    errors: Annotated[
        bool | None,
        typer.Option("--errors/--no-errors", help="Keep what failed.", show_default="--errors"),
    ] = None,
    slower_than: Annotated[
        str | None, typer.Option(help="Keep what took longer, such as 30s.")
    ] = None,
    dearer_than: Annotated[float | None, typer.Option(help="Keep what cost more USD.")] = None,
    assessed: Annotated[
        bool | None, typer.Option("--assessed/--no-assessed", help="Keep what is assessed.")
    ] = None,
    scored_below: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Keep what a scorer gave less. May be repeated."),
    ] = None,
    failed: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Keep what a scorer said no to. May be repeated."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Let whole traces go for good, but for those worth keeping and a part of the others.

    Those that stay are counted for those that went: see sample_weight. `spanlake serve` does so by
    itself if tail_sampling is in its traces pipeline. A server may be running.
    """
    import spanlake
    from spanlake.config import Overrides, TailFlags, load_settings, with_tail_flags

    flags = TailFlags(
        decision_wait=decision_wait,
        sampling_percentage=sampling_percentage,
        errors=errors,
        slower_than=slower_than,
        dearer_than=dearer_than,
        assessed=assessed,
        scored_below=_bounds(scored_below),
        failed=None if failed is None else tuple(failed),
    )
    settings = load_settings(config, Overrides()).processors.tail_sampling
    policy = with_tail_flags(settings, flags)
    if policy.sampling_percentage == 100:  # noqa: PLR2004  # percent
        raise UserError(
            "--sampling-percentage is 100, so that all traces stay: must be less, such as 10"
        )
    with spanlake.connect(data) as lake:
        layout = lake.layout
    done = _tried(layout, policy) if dry_run else _sampled(layout, policy, data)
    if output_format == "json":
        removed = done.removed
        print_json(
            [
                {
                    "is_dry_run": dry_run,
                    "traces": done.decisions,
                    "spans_removed": removed.spans,
                    "log_records_removed": removed.logs,
                    "freed_bytes": removed.size_bytes,
                }
            ]
        )
    else:
        typer.echo(_told(done, policy, verb="would be" if dry_run else "were"))


def _tried(layout: "Layout", policy: "TailSampling") -> "Sampled":
    from datetime import UTC, datetime

    from spanlake.storage.sampling.tail import sample_dry

    with FileProgress() as progress:
        return sample_dry(layout, policy, now=datetime.now(UTC), progress=progress)


def _sampled(layout: "Layout", policy: "TailSampling", data: str | None) -> "Sampled":
    from datetime import UTC, datetime

    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.audit_log import record_alone, traces_sampled
    from spanlake.storage.upkeep import Upkeep

    upkeep = Upkeep(layout)
    with FileProgress() as progress:
        for table in ("spans", "logs"):
            upkeep.run(table)
        done = upkeep.sample(policy, now=datetime.now(UTC), progress=progress)
    if done.decisions:
        with open_catalog(data) as catalog:
            record_alone(catalog, [traces_sampled(whoever_runs_this(), done)])
    return done


def _told(done: "Sampled", policy: "TailSampling", *, verb: str) -> str:
    from spanlake.storage.sampling.judge import DROPPED, LATE, SAMPLED

    left = dict(done.decisions)
    if not left:
        return "no trace has settled that is not judged already"
    total = sum(left.values()) - left.pop(LATE, 0)
    gone, drawn = left.pop(DROPPED, 0), left.pop(SAMPLED, 0)
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(left.items()))
    lines = [f"{counted(total, 'trace')} {verb} judged"]
    if left:
        lines.append(f"  kept as they are: {sum(left.values()):,} ({reasons})")
    if drawn:
        weight = 100 / policy.sampling_percentage
        lines.append(f"  kept, standing for {weight:g} each: {drawn:,}")
    removed = done.removed
    lines.append(
        f"  removed: {gone:,} with {counted(removed.spans, 'span')} and "
        f"{counted(removed.logs, 'log record')}, about {removed.size_bytes / 1e6:,.1f} MB"
    )
    return "\n".join(lines)


def _bounds(typed: "Sequence[str] | None") -> dict[str, float] | None:
    """By name what was typed as NAME=VALUE."""
    if typed is None:
        return None
    found: dict[str, float] = {}
    for name, value in pairs("--scored-below", typed, example="helpfulness=0.5").items():
        try:
            found[name] = float(value)
        except ValueError:
            raise UserError(
                f"--scored-below is {name}={value}: its value must be a number, such as 0.5"
            ) from None
    return found
