"""`/api/v1/assessments`: what is said of traces, from browsers and any language."""

from http import HTTPStatus
from typing import Any

from orjson import Fragment
from starlette.responses import Response

from spanlake.entities import Assessment, AssessmentSource
from spanlake.entities.access import Permission
from spanlake.errors import UserError
from spanlake.storage.assessments.listing import AssessmentFilter, assessments_page
from spanlake.storage.assessments.log import (
    Logged,
    delete_assessment,
    log_assessments,
    override_assessment,
    unknown_assessment,
)
from spanlake.storage.lake import Lake
from spanlake.storage.page_cursor import Cursor
from spanlake.web.api.assessment_models import (
    AssessmentQuery,
    Deletion,
    NewAssessment,
    NewAssessments,
)
from spanlake.web.api.endpoint import Call, Endpoint, Nothing, json_answer

_TAG = "assessments"
_ONE = "/assessments/{assessment_id}"


async def _post(call: Call[Nothing, NewAssessment]) -> Response:
    append = call.services.assessments.append
    new = call.body

    def store(lake: Lake) -> Logged:
        if new.overrides is not None:
            return override_assessment(lake, new.overrides, new.override(), append_rows=append)
        return log_assessments(lake, [new.entry()], append_rows=append)[0]

    logged = await call.services.lakes.ask(store)
    return json_answer(_logged(logged), HTTPStatus.CREATED if logged.is_new else HTTPStatus.OK)


async def _post_batch(call: Call[Nothing, NewAssessments]) -> Response:
    append = call.services.assessments.append
    for at, each in enumerate(call.body.assessments):
        if each.overrides is not None:
            raise UserError(
                f"assessments.{at}.overrides is {each.overrides!r}: must not be in a batch; "
                "POST it to /api/v1/assessments"
            )
    entries = [each.entry() for each in call.body.assessments]
    logged = await call.services.lakes.ask(
        lambda lake: log_assessments(lake, entries, append_rows=append)
    )
    return json_answer({"assessments": [_logged(each) for each in logged]})


async def _list(call: Call[AssessmentQuery, Nothing]) -> Response:
    asked = call.query.model_dump()
    limit, cursor = asked.pop("limit"), asked.pop("cursor")
    chosen, before = AssessmentFilter(**asked), cursor and Cursor.parse(cursor)
    page = await call.services.lakes.ask(
        lambda lake: assessments_page(lake, chosen, limit=limit, before=before or None)
    )
    return json_answer(
        {
            "assessments": [Fragment(row) for row in page.rows],
            "next": page.following and str(page.following),
        }
    )


async def _get(call: Call[Nothing, Nothing]) -> Response:
    wanted = call.path["assessment_id"]
    chosen = AssessmentFilter(assessment_id=wanted, with_invalid=True)
    page = await call.services.lakes.ask(lambda lake: assessments_page(lake, chosen, limit=1))
    if not page.rows:
        raise unknown_assessment(wanted)
    return json_answer(Fragment(page.rows[0]))


async def _delete(call: Call[Deletion, Nothing]) -> Response:
    wanted, append = call.path["assessment_id"], call.services.assessments.append
    source = AssessmentSource(call.query.source_type, call.query.source_id)
    is_new = await call.services.lakes.ask(
        lambda lake: delete_assessment(
            lake, wanted, source=source, reason=call.query.reason, append_rows=append
        )
    )
    return json_answer({"assessment_id": wanted, "is_new": is_new})


def _logged(logged: Logged) -> dict[str, Any]:
    return _flat(logged.assessment) | {
        "is_new": logged.is_new,
        "target_is_stored": logged.target_is_stored,
    }


def _flat(stored: Assessment) -> dict[str, Any]:
    """The assessment with the names of the view's columns."""
    error = stored.error
    return {
        "assessment_id": stored.assessment_id,
        "kind": stored.kind,
        "name": stored.name,
        "value": stored.value,
        "rationale": stored.rationale,
        "source_type": stored.source.source_type,
        "source_id": stored.source.source_id,
        "target_type": stored.target_type,
        "trace_id": stored.trace_id,
        "span_id": stored.span_id,
        "session_id": stored.session_id,
        "record_id": stored.record_id,
        "run_id": stored.run_id,
        "error_code": error and error.error_code,
        "error_message": error and error.error_message,
        "metadata": dict(stored.metadata),
        "scorer_name": stored.scorer_name,
        "scorer_digest": stored.scorer_digest,
        "created_at": stored.created_at,
        "overrides": stored.overrides,
        "is_valid": stored.is_valid,
    }


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="POST",
        path="/assessments",
        tag=_TAG,
        permission=Permission.LABEL,
        summary="Store feedback or an expectation; the same again is recognised.",
        handle=_post,
        query=Nothing,
        body=NewAssessment,
        answers={201: "Stored; durable and visible to SQL.", 200: "The same is there already."},
        max_body=4 << 20,
        is_for_sites=True,
    ),
    Endpoint(
        method="POST",
        path="/assessments/batch",
        tag=_TAG,
        permission=Permission.LABEL,
        summary="Store up to 1,000 assessments, all of them or none.",
        handle=_post_batch,
        query=Nothing,
        body=NewAssessments,
        answers={200: "What became of each, in their order."},
        max_body=16 << 20,
    ),
    Endpoint(
        method="GET",
        path="/assessments",
        tag=_TAG,
        permission=Permission.READ,
        summary="Assessments, the last one first: rows of the view `assessments`.",
        handle=_list,
        query=AssessmentQuery,
        body=Nothing,
        answers={200: "`assessments`, and `next` if there are more."},
    ),
    Endpoint(
        method="GET",
        path=_ONE,
        tag=_TAG,
        permission=Permission.READ,
        summary="One assessment, whether it stands or not: a row of the view.",
        handle=_get,
        query=Nothing,
        body=Nothing,
        answers={200: "The assessment."},
    ),
    Endpoint(
        method="DELETE",
        path=_ONE,
        tag=_TAG,
        permission=Permission.LABEL,
        summary="Take an assessment back; what it overrode stands again.",
        handle=_delete,
        query=Deletion,
        body=Nothing,
        answers={200: "It is deleted; `is_new` is false if it was before."},
    ),
)
