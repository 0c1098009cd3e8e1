"""`/api/v1/queues/{queue}/...`: what reviewers answer, and how well they agree."""

from typing import Any

from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.errors import UserError
from spanlake.storage.catalog.labels.items import get_item
from spanlake.storage.catalog.labels.labels import list_labels
from spanlake.storage.catalog.labels.reviews import get_review, progress_of, save_answer
from spanlake.web.api.endpoint import Call, Endpoint, Model, Nothing, json_answer
from spanlake.web.api.queue_models import (
    NewAnswer,
    NewStatus,
    NextItem,
    ReviewerQuery,
)
from spanlake.web.api.schemas import schema_values
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.review_work import ReviewWork

_TAG = "labels"
_ONE = "/queues/{queue}"
_ITEM = "/queues/{queue}/items/{item}"


def _reviewer(call: Call[Any, Any], told: str | None) -> str:
    """Who reviews: whoever is signed in, else the name that is told. UserError for neither."""
    name = call.principal.source_id or told
    if not name:
        raise UserError("reviewer is missing: must be the name of whoever reviews; add it")
    return name


async def _next(call: Call[Nothing, NextItem]) -> Response:
    reviewer, name = _reviewer(call, call.body.reviewer), call.path["queue"]
    found = await ReviewWork(call.services).following(name, reviewer, wanted=call.body.wanted)
    progress = await with_catalog(
        call.services, lambda catalog: progress_of(catalog, name, reviewer)
    )
    return json_answer({"item": found, "progress": progress})


async def _get_review(call: Call[ReviewerQuery, Nothing]) -> Response:
    reviewer = _reviewer(call, call.query.reviewer)
    item = await with_catalog(
        call.services, lambda catalog: get_item(catalog, call.path["queue"], call.path["item"])
    )
    return json_answer(
        await with_catalog(
            call.services, lambda catalog: get_review(catalog, item.item_id, reviewer)
        )
    )


async def _put_answer(call: Call[Nothing, NewAnswer]) -> Response:
    reviewer = _reviewer(call, call.body.reviewer)
    review = await with_catalog(
        call.services,
        lambda catalog: save_answer(
            catalog, call.path["queue"], call.path["item"], reviewer, call.body.answer()
        ),
    )
    return json_answer(review)


async def _put_status(call: Call[Nothing, NewStatus]) -> Response:
    reviewer, body = _reviewer(call, call.body.reviewer), call.body
    work = ReviewWork(call.services)
    review = await work.leave(
        call.path["queue"], call.path["item"], reviewer, body.status, reason=body.reason
    )
    return json_answer(review)


async def _put_decision(call: Call[Nothing, NewAnswer]) -> Response:
    who = _reviewer(call, call.body.reviewer)
    work = ReviewWork(call.services)
    return json_answer(
        await work.decide(call.path["queue"], call.path["item"], who, call.body.answer())
    )


async def _agreement(call: Call[Nothing, Nothing]) -> Response:
    _, found = await ReviewWork(call.services).agreement(call.path["queue"])
    return json_answer(
        {
            "questions": [
                {
                    "schema": schema_values(each.schema),
                    "reviewers": each.reviewers,
                    "labels": each.labels,
                    "items": each.items,
                    "alpha": each.alpha,
                    "pairs": each.pairs,
                    "disagreements": each.disagreements,
                }
                for each in found
            ]
        }
    )


async def _labels(call: Call[Nothing, Nothing]) -> Response:
    name = call.path["queue"]
    found = await with_catalog(call.services, lambda catalog: list_labels(catalog, name))
    return json_answer({"labels": found})


def _endpoint(  # noqa: PLR0913  # what tells them apart
    method: Any,  # noqa: ANN401  # one of four words
    path: str,
    summary: str,
    handle: Any,  # noqa: ANN401  # a handler of the models beside it
    answer: str,
    *,
    body: type[Model] = Nothing,
    query: type[Model] = Nothing,
    permission: Permission = Permission.LABEL,
) -> Endpoint[Any, Any]:
    return Endpoint(
        method=method,
        path=path,
        tag=_TAG,
        permission=permission,
        summary=summary,
        handle=handle,
        query=query,
        body=body,
        answers={200: answer},
    )


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    _endpoint(
        "POST",
        f"{_ONE}/next",
        "The item that a reviewer is given next, which is held for a while.",
        _next,
        "`item`, null where there is none, and the reviewer's `progress`.",
        body=NextItem,
    ),
    _endpoint(
        "GET",
        f"{_ITEM}/review",
        "A reviewer's own answers to an item.",
        _get_review,
        "The review.",
        query=ReviewerQuery,
    ),
    _endpoint(
        "PUT",
        f"{_ITEM}/answers",
        "Keep an answer as it is typed; it is a label once the review is complete.",
        _put_answer,
        "The review.",
        body=NewAnswer,
    ),
    _endpoint(
        "PUT",
        f"{_ITEM}/review",
        "Complete, skip or decline an item, or open its review again.",
        _put_status,
        "The review.",
        body=NewStatus,
    ),
    _endpoint(
        "PUT",
        f"{_ITEM}/decision",
        "Adjudicate an item: say what its answer to a question is.",
        _put_decision,
        "The decision.",
        body=NewAnswer,
        permission=Permission.EDIT,
    ),
    _endpoint(
        "GET",
        f"{_ONE}/agreement",
        "How well reviewers agree: alpha, kappa, confusion and disagreements.",
        _agreement,
        "`questions`.",
        permission=Permission.READ,
    ),
    _endpoint(
        "GET",
        f"{_ONE}/labels",
        "The labels of a queue: rows of the view `labels`.",
        _labels,
        "`labels`.",
        permission=Permission.READ,
    ),
)
