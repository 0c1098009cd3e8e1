"""How well the reviewers of a queue agree, and the items on which somebody has to decide."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.entities.review import Answer, ReviewQueue
from spanlake.errors import UserError
from spanlake.evaluation.labels.agreement import Disagreement, QuestionAgreement
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.items import list_items
from spanlake.storage.catalog.labels.queues import get_queue
from spanlake.storage.catalog.labels.reviews import get_review
from spanlake.storage.condition import literal
from spanlake.storage.labels.previews import item_previews
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.rendering import is_fragment, render
from spanlake.web.pages.review.forms import Form, value_of
from spanlake.web.pages.review.links import queue_url
from spanlake.web.pages.review.reviewer import may_rename, reviewer_of
from spanlake.web.review_work import ReviewWork
from spanlake.web.services import Services

_SHOWN = 100


class AgreementPage:
    """The page of agreement, and decisions."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._work = ReviewWork(services)

    async def show(self, request: Request) -> Response:
        """Kappa, confusion and disagreements of each question; live, as a part of itself."""
        name, reviewer = request.path_params["queue"], reviewer_of(request)
        queue, questions = await self._work.agreement(name)
        hidden = await with_catalog(
            self._services, lambda catalog: _unseen(catalog, queue, reviewer, questions)
        )
        targets = [each.target for each in _open(questions)][:_SHOWN]
        previews = await self._services.lakes.ask(lambda lake: item_previews(lake, targets))
        return render(
            request,
            "review/agreement_numbers.html" if is_fragment(request) else "review/agreement.html",
            queue=queue,
            questions=questions,
            hidden=hidden,
            previews=previews,
            reviewer=reviewer,
            may_rename=may_rename(request),
            url=queue_url(queue),
            shown=_SHOWN,
            query=f"FROM labels\nWHERE queue = {literal(queue.name)}\nORDER BY item_id, name",
        )

    async def decide(self, request: Request) -> Response:
        """Keep what an adjudicator says the answer is."""
        check_origin(request, ())
        name, item_id = request.path_params["queue"], request.path_params["item"]
        form, who = await Form.read(request), reviewer_of(request)
        if who is None:
            raise UserError("nobody knows who decides: say your name on the page of queues first")
        queue = await with_catalog(self._services, lambda catalog: get_queue(catalog, name))
        schema = next(
            (each for each in queue.schemas if each.schema_id == form.text("schema")), None
        )
        if schema is None:
            raise UserError("the queue does not ask this question")
        answer = Answer(schema_id=schema.schema_id, value=value_of(form, schema, "value"))
        await self._work.decide(name, item_id, who, answer)
        return RedirectResponse(f"{queue_url(queue)}/agreement", 303)


def _unseen(
    catalog: Catalog,
    queue: ReviewQueue,
    reviewer: str | None,
    questions: list[QuestionAgreement],
) -> frozenset[str]:
    """The items whose answers this reader may not see yet, because it may still review them."""
    ids = {each.item_id for each in _open(questions)}
    if not ids:
        return frozenset()
    if queue.assigned_users and reviewer not in queue.assigned_users:
        return frozenset()
    finished = {
        each.item_id
        for each in list_items(catalog, queue.queue_id)
        if each.complete + each.declined >= queue.reviewers_per_item
    }
    return frozenset(
        item_id
        for item_id in ids - finished
        if reviewer is None or get_review(catalog, item_id, reviewer).status != "complete"
    )


def _open(questions: Iterable[QuestionAgreement]) -> list[Disagreement]:
    return [each for question in questions for each in question.disagreements]
