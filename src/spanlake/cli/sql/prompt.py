"""The interactive prompt: history, highlighting, completion and queries of several lines."""

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer

from spanlake.cli.sql.shell import Shell, is_whole
from spanlake.config.state import state_dir
from spanlake.storage.lake import Lake

_FIRST = "spanlake> "
_FURTHER = "     ...> "


def prompt(lake: Lake) -> None:
    """Ask for queries and answer them, until .quit or Ctrl-D."""
    shell = Shell(lake)
    session: PromptSession[str] = PromptSession(
        _FIRST,
        history=_history(),
        lexer=PygmentsLexer.from_filename("query.sql"),
        completer=WordCompleter(shell.words(), ignore_case=True, WORD=False),
        complete_while_typing=False,
        multiline=True,
        prompt_continuation=_FURTHER,
        key_bindings=_bindings(),
    )
    print_welcome()
    while True:
        try:
            entry = session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if not shell.run(entry):
            return


def print_welcome() -> None:
    """Say what can be typed."""
    import typer

    typer.echo("SQL over the lake (DuckDB); a query ends with ;  .help shows what else there is")


def _history() -> History:
    """What was typed before, also in earlier runs where that can be kept."""
    folder = state_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "sql_history"
        file.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))


def _bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        typed = event.current_buffer
        if is_whole(typed.text):
            typed.validate_and_handle()
        else:
            typed.insert_text("\n")

    return bindings
