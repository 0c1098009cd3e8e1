"""Answers become assessments: logged, overridden and taken back, each once however it is retried.

An answer is durable in the catalog first. Whoever dies between the two leaves it unpublished, and
the next who publishes that queue finds it: an assessment's id is made of its content, so that one
that was stored already is recognised.
"""

from spanlake.entities import Assessment, AssessmentSource, Expectation, Feedback, SourceType
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.assessments.entry import Entry, Target
from spanlake.storage.assessments.log import (
    Append,
    delete_assessment,
    get_assessment,
    log_assessments,
    override_assessment,
)
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.labels import (
    UnpublishedAnswer,
    mark_published,
    unpublished_answers,
)
from spanlake.storage.lake import Lake


def publish(
    lake: Lake,
    catalog: Catalog,
    name: str,
    item_id: str | None = None,
    *,
    append_rows: Append | None = None,
) -> int:
    """Let the assessments say what the labels of a queue, or of an item, do; how many changed.

    append_rows: a server's appender. Raises NotFoundError, CommitError.
    """
    due = unpublished_answers(catalog, name, item_id)
    new = [each for each in due if each.assessment_id is None]
    logged = log_assessments(lake, [_entry(each) for each in new], append_rows=append_rows)
    done: list[tuple[UnpublishedAnswer, str | None]] = [
        (answer, each.assessment.assessment_id) for answer, each in zip(new, logged, strict=True)
    ]
    done += [
        (answer, _changed(lake, answer, append_rows))
        for answer in due
        if answer.assessment_id is not None
    ]
    mark_published(catalog, done)
    return len(done)


def _changed(lake: Lake, answer: UnpublishedAnswer, append_rows: Append | None) -> str | None:
    """The id of the assessment that an answer has now, None if it was taken back."""
    known = answer.assessment_id or ""
    stored = _stored(lake, known)
    if not answer.is_label or answer.value is None:
        if stored is not None and stored.is_valid:
            delete_assessment(
                lake,
                known,
                source=_source(answer),
                reason="the review was opened again",
                append_rows=append_rows,
            )
        return None
    if stored is not None and stored.is_valid and _says(stored, answer):
        return known
    try:
        logged = override_assessment(lake, known, _said(answer), append_rows=append_rows)
    except (NotFoundError, UserError):  # somebody deleted it
        logged = log_assessments(lake, [_entry(answer)], append_rows=append_rows)[0]
    return logged.assessment.assessment_id


def _stored(lake: Lake, assessment_id: str) -> Assessment | None:
    try:
        return get_assessment(lake, assessment_id)
    except NotFoundError:
        return None


def _says(stored: Assessment, answer: UnpublishedAnswer) -> bool:
    said = _said(answer)
    return (stored.value, stored.rationale, stored.source, dict(stored.metadata)) == (
        said.value,
        said.rationale if isinstance(said, Feedback) else None,
        said.source,
        dict(said.metadata),
    )


def _entry(answer: UnpublishedAnswer) -> Entry:
    return Entry(target=Target(**answer.target._asdict()), said=_said(answer))


def _said(answer: UnpublishedAnswer) -> Feedback | Expectation:
    metadata = {
        "spanlake.review.queue": answer.queue,
        "spanlake.review.item_id": answer.item_id,
        "spanlake.review.schema_id": answer.schema_id,
        "spanlake.review.role": answer.role,
    }
    if answer.type == "expectation":
        if answer.comment:
            metadata["rationale"] = answer.comment
        return Expectation(
            name=answer.name, value=answer.value, source=_source(answer), metadata=metadata
        )
    return Feedback(
        name=answer.name,
        value=answer.value,
        rationale=answer.comment,
        source=_source(answer),
        metadata=metadata,
    )


def _source(answer: UnpublishedAnswer) -> AssessmentSource:
    return AssessmentSource(SourceType.HUMAN, answer.reviewer)
