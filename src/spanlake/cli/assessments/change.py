"""The commands of `spanlake assessments` that say something."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.assessments.options import (
    AssessmentId,
    ErrorCode,
    Metadata,
    Rationale,
    SourceId,
    SourceType,
    Value,
    error_of,
    source_of,
    value_of,
)
from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.cli.pairs import pairs

if TYPE_CHECKING:
    from spanlake.storage.assessments.log import Logged
    from spanlake.storage.lake import Lake

_WHOLE_TRACE_ID = 32


def log(  # noqa: PLR0913  # a flag each
    *,
    trace: Annotated[
        str | None, typer.Option(metavar="TRACE_ID", help="Of a trace, or the beginning of it.")
    ] = None,
    span: Annotated[
        str | None, typer.Option(metavar="SPAN_ID", help="Of one span of that trace.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Of a session.")] = None,
    record: Annotated[
        str | None, typer.Option(metavar="RECORD_ID", help="Of a dataset record.")
    ] = None,
    kind: Annotated[
        Literal["feedback", "expectation"],
        typer.Option(help="A verdict, or what should have come out."),
    ] = "feedback",
    name: Annotated[str, typer.Option(help="What is assessed, such as helpful.")] = "feedback",
    value: Value = None,
    error: ErrorCode = None,
    rationale: Rationale = None,
    source_type: SourceType = "HUMAN",
    source_id: SourceId = None,
    metadata: Metadata = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Say what you think of a trace, span, session or record, or what you expected of it."""
    import spanlake
    from spanlake.entities import Expectation, Feedback
    from spanlake.errors import UserError
    from spanlake.storage.assessments.entry import Entry, Target
    from spanlake.storage.assessments.log import log_assessments

    source, about = (
        source_of(source_type, source_id),
        pairs("--metadata", metadata, example="round=2"),
    )
    said: Feedback | Expectation = Feedback(
        name=name,
        value=value_of(value),
        error=error_of(error),
        rationale=rationale,
        source=source,
        metadata=about,
    )
    if kind == "expectation":
        for flag, given in (("--error", error), ("--rationale", rationale)):
            if given is not None:
                raise UserError(f"{flag} is {given}: is of feedback only; leave it out")
        said = Expectation(name=name, value=value_of(value), source=source, metadata=about)
    with spanlake.connect(data) as lake:
        target = Target(_full_trace_id(lake, trace), span, session, record)
        (logged,) = log_assessments(lake, [Entry(target=target, said=said)])
    _say("logged" if logged.is_new else "said already", logged, output_format)


def override(  # noqa: PLR0913  # a flag each
    assessment_id: AssessmentId,
    *,
    value: Value = None,
    error: ErrorCode = None,
    rationale: Rationale = None,
    source_type: SourceType = "HUMAN",
    source_id: SourceId = None,
    metadata: Metadata = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Put another value in the place of one; the history keeps both."""
    import spanlake
    from spanlake.entities import Expectation, Feedback
    from spanlake.storage.assessments.log import get_assessment, override_assessment

    source, about = (
        source_of(source_type, source_id),
        pairs("--metadata", metadata, example="round=2"),
    )
    with spanlake.connect(data) as lake:
        old = get_assessment(lake, assessment_id)
        said: Feedback | Expectation = Feedback(
            value=value_of(value),
            error=error_of(error),
            rationale=rationale,
            source=source,
            metadata=about,
        )
        if old.kind == "expectation" and error is None and rationale is None:
            said = Expectation(name=old.name, value=value_of(value), source=source, metadata=about)
        logged = override_assessment(lake, assessment_id, said)
    _say("overridden by" if logged.is_new else "overridden already by", logged, output_format)


def delete(  # noqa: PLR0913  # a flag each
    assessment_id: AssessmentId,
    *,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")] = None,
    source_type: SourceType = "HUMAN",
    source_id: SourceId = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Take an assessment back; what it overrode stands again, and the history keeps both."""
    import spanlake
    from spanlake.storage.assessments.log import delete_assessment

    source = source_of(source_type, source_id)
    with spanlake.connect(data) as lake:
        is_new = delete_assessment(lake, assessment_id, source=source, reason=reason)
    if output_format == "json":
        print_json([{"assessment_id": assessment_id, "is_new": is_new}])
    else:
        typer.echo(f"{'deleted' if is_new else 'was deleted before:'} {assessment_id}")


def _full_trace_id(lake: "Lake", given: str | None) -> str | None:
    """A whole id as it is, since its trace may come later; of its beginning, the stored one."""
    from spanlake.storage.traces import full_trace_id

    if given is None or len(given.strip()) >= _WHOLE_TRACE_ID:
        return given
    return full_trace_id(lake, given)


def _say(done: str, logged: "Logged", output_format: str) -> None:
    stored = logged.assessment
    if logged.target_is_stored is False:
        typer.echo(
            f"note: the {stored.target_type} is not stored yet; what you said belongs to it once "
            "it arrives",
            err=True,
        )
    if output_format == "json":
        print_json(
            [
                {
                    "assessment_id": stored.assessment_id,
                    "is_new": logged.is_new,
                    "target_is_stored": logged.target_is_stored,
                }
            ]
        )
    else:
        typer.echo(f"{done} {printable(stored.assessment_id)}")
