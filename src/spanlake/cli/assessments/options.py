"""What several commands of `spanlake assessments` take."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from spanlake.entities import AssessmentError, AssessmentSource, AssessmentValue

AssessmentId = Annotated[
    str, typer.Argument(metavar="ASSESSMENT_ID", help="As `spanlake assessments list` shows it.")
]
Value = Annotated[
    str | None,
    typer.Option(metavar="JSON|TEXT", help="true, 0.7, a text, or a list or object as JSON."),
]
ErrorCode = Annotated[
    str | None, typer.Option("--error", metavar="CODE", help="Why there is no value.")
]
Rationale = Annotated[str | None, typer.Option(metavar="TEXT", help="The reason.")]
SourceType = Annotated[
    str, typer.Option(metavar="TYPE", help="HUMAN, LLM_JUDGE or CODE: who says so.")
]
SourceId = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who exactly.", show_default="the user of this computer"),
]
Metadata = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=TEXT", help="What else is to be known; may be given often."),
]


def value_of(text: str | None) -> "AssessmentValue":
    """JSON as it is; anything else is a text."""
    import orjson

    if text is None:
        return None
    try:
        value: AssessmentValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value


def error_of(code: str | None) -> "AssessmentError | None":
    """The error that a code stands for, if there is one."""
    from spanlake.entities import AssessmentError

    return None if code is None else AssessmentError(code)


def source_of(source_type: str, source_id: str | None) -> "AssessmentSource":
    """Who says so; without a name, whoever is logged in."""
    import getpass

    from spanlake.entities import AssessmentSource

    if source_id is None:
        try:
            source_id = getpass.getuser()
        except (OSError, KeyError):  # a user without a name, as in some containers
            source_id = "default"
    return AssessmentSource(source_type, source_id)
