"""`spanlake redact rules`."""

import typer

from spanlake.cli.output import FormatOption, console, print_json


def rules(*, output_format: FormatOption = "table") -> None:
    """List what can be looked for, by the names that processors.redact takes."""
    from rich.table import Table

    from spanlake.collector.redaction.rules import CONTENT, SENSITIVE_KEY, built_in_rules

    found = [
        (rule.name, str(rule.kind), rule.check is not None) for rule in built_in_rules().values()
    ]
    found.append((SENSITIVE_KEY, "secret", False))
    if output_format == "json":
        print_json(
            [{"rule": name, "kind": kind, "checked": checked} for name, kind, checked in found]
        )
        return
    table = Table("rule", "kind", "checked", box=None, pad_edge=False)
    for name, kind, checked in found:
        table.add_row(name, kind, "yes" if checked else "")
    console().print(table)
    typer.echo(f"with `content: shape` there is {CONTENT} besides", err=True)
