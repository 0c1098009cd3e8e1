"""`spanlake demo`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, print_json

if TYPE_CHECKING:
    from spanlake.cli.demo.run import Conversation
    from spanlake.collector.service import Listening

_QUERY = """\
SELECT model, count(*) AS calls, sum(input_tokens) AS input_tokens,
       sum(output_tokens) AS output_tokens, sum(cost_usd) AS cost_usd
FROM llm_calls WHERE session_id = '{session}'
GROUP BY model ORDER BY cost_usd DESC"""

_NEXT = """\
Where to go next
  spanlake traces list{data}
  spanlake sql{data} "FROM traces"
  spanlake serve{data}
and in the environment of your own application, which needs nothing else:
  export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317"""


def demo(
    *,
    data: DataOption = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Let the collector run on afterwards, until Ctrl-C.")
    ] = False,
    output_format: Annotated[
        Literal["text", "json"],
        typer.Option("--format", help="For people, or one JSON array: trace_id and data."),
    ] = "text",
) -> None:
    """Trace a small agent, without a key or a network, and look at what is stored."""
    from spanlake.cli.demo.local_collector import local_collector
    from spanlake.cli.demo.run import run_conversation
    from spanlake.config import data_path

    root = data_path(data)
    with local_collector(root) as listening:
        conversation = run_conversation(listening)
        if output_format == "json":
            _print_json(conversation, root)
        else:
            _print_text(conversation, root, is_named=data is not None)
        if keep:
            _wait(listening)


def _print_json(conversation: "Conversation", root: str) -> None:
    print_json([{"trace_id": trace_id, "data": root} for trace_id in conversation.trace_ids])


def _print_text(conversation: "Conversation", root: str, *, is_named: bool) -> None:
    """Show the last trace, an answer in SQL, and what to do next."""
    import shlex

    import spanlake
    from spanlake.cli.output import console
    from spanlake.cli.sql.answer import print_table
    from spanlake.cli.tree import trace_tree
    from spanlake.quantities import counted
    from spanlake.storage.traces import get_trace

    count = counted(len(conversation.trace_ids), "trace")
    typer.echo(f"An agent answered, and sent {count} over OTLP to {root}. The last one:\n")
    query = _QUERY.format(session=conversation.id)
    with spanlake.connect(root) as lake:
        console().print(trace_tree(get_trace(lake, conversation.trace_ids[-1])))
        typer.echo(f"\n{query};\n")
        print_table(lake, query)
    typer.echo("\n" + _NEXT.format(data=f" --data {shlex.quote(root)}" if is_named else ""))


def _wait(listening: "Listening") -> None:
    """Stay until Ctrl-C."""
    import time

    at = f"grpc={listening.grpc} http={listening.http}"
    try:
        typer.echo(f"\nlistening on {at}, until Ctrl-C", err=True)
        while True:
            # In short turns: a signal that came to another thread does not end a sleep.
            time.sleep(1)
    except KeyboardInterrupt:
        typer.echo("stopping", err=True)
