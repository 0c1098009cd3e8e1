"""Focus mode: one item, its content on one side and the questions on the other.

The page is a form, and works as one; a script makes it quick, and saves what is typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.entities.review import Review, ReviewItem, ReviewQueue
from spanlake.errors import UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.queues import get_queue
from spanlake.storage.catalog.labels.reviews import (
    Progress,
    check_reviewer,
    get_review,
    peek_item,
    progress_of,
    save_answer,
)
from spanlake.storage.labels.content import ReviewedTrace
from spanlake.storage.labels.conversation import ReviewedSession
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.rendering import is_fragment, render
from spanlake.web.pages.review.content import ReviewView, review_view
from spanlake.web.pages.review.conversation import ConversationView, conversation_view
from spanlake.web.pages.review.forms import Form, answers_of
from spanlake.web.pages.review.links import queue_url
from spanlake.web.pages.review.reviewer import reviewer_of
from spanlake.web.review_work import ReviewWork
from spanlake.web.services import Services

START = "/start"
"""The end of the path by which reviewing is started."""

_MOST_LEFT = 8
_LEAVING = {"complete": "complete", "skip": "skipped", "decline": "declined"}


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the catalog has for a reviewer at an item."""

    queue: ReviewQueue
    review: Review
    progress: Progress
    following: ReviewItem | None


class FocusPage:
    """The page of one item, and what its form does."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._work = ReviewWork(services)

    async def show(self, request: Request) -> Response:
        """The item; only it, where a script asks for the next one."""
        name, item_id = request.path_params["queue"], request.path_params["item"]
        reviewer = reviewer_of(request)
        if reviewer is None:
            return _ask_name(request)
        # What is left behind may not have arrived yet, and does not come again at once.
        but = [item_id, *request.query_params.get("but", "").split(",")[-_MOST_LEFT:]]
        item, content = await self._work.content(name, item_id)
        stored = await with_catalog(
            self._services, lambda catalog: _stored(catalog, name, item_id, reviewer, but)
        )
        following = stored.following
        return render(
            request,
            "review/item.html" if is_fragment(request) else "review/focus.html",
            queue=stored.queue,
            item=item,
            view=_view(content),
            review=stored.review,
            progress=stored.progress,
            reviewer=reviewer,
            next_url=following and queue_url(stored.queue, "items", following.item_id),
            queue_url=queue_url(stored.queue),
        )

    async def start(self, request: Request) -> Response:
        """The way to a reviewer's next item, or to the end."""
        check_origin(request, ())
        name, reviewer = request.path_params["queue"], reviewer_of(request)
        if reviewer is None:
            return _ask_name(request)
        return await self._go_on(name, reviewer)

    async def answer(self, request: Request) -> Response:
        """Keep the answers of the form, and leave the item as its button says."""
        check_origin(request, ())
        name, item_id = request.path_params["queue"], request.path_params["item"]
        reviewer = reviewer_of(request)
        if reviewer is None:
            return _ask_name(request)
        form = await Form.read(request)
        action = form.text("action") or "complete"
        if action not in _LEAVING:
            raise UserError(f"action is {action[:40]!r}: must be complete, skip or decline")

        def save(catalog: Catalog) -> None:
            queue = get_queue(catalog, name)
            for each in answers_of(form, queue.schemas):
                save_answer(catalog, name, item_id, reviewer, each)

        await with_catalog(self._services, save)
        status = _LEAVING[action]
        await self._work.leave(
            name,
            item_id,
            reviewer,
            status,  # type: ignore[arg-type]  # one of them
            reason=form.text("reason") or None,
        )
        return await self._go_on(name, reviewer)

    async def done(self, request: Request) -> Response:
        """The end: nothing is left for this reviewer."""
        name, reviewer = request.path_params["queue"], reviewer_of(request)
        if reviewer is None:
            return _ask_name(request)

        def read(catalog: Catalog) -> tuple[ReviewQueue, Progress]:
            return get_queue(catalog, name), progress_of(catalog, name, reviewer)

        queue, progress = await with_catalog(self._services, read)
        return render(
            request,
            "review/done.html",
            queue=queue,
            progress=progress,
            reviewer=reviewer,
            queue_url=queue_url(queue),
        )

    async def _go_on(self, name: str, reviewer: str) -> Response:
        item = await self._work.following(name, reviewer)
        queue = await with_catalog(self._services, lambda catalog: get_queue(catalog, name))
        rest = ("done",) if item is None else ("items", item.item_id)
        return RedirectResponse(queue_url(queue, *rest), 303)


def _view(
    content: ReviewedTrace | ReviewedSession | None,
) -> ReviewView | ConversationView | None:
    if isinstance(content, ReviewedSession):
        return conversation_view(content)
    return None if content is None else review_view(content)


def _stored(
    catalog: Catalog, name: str, item_id: str, reviewer: str, but: Sequence[str]
) -> _Stored:
    queue = get_queue(catalog, name)
    check_reviewer(queue, reviewer)
    return _Stored(
        queue,
        get_review(catalog, item_id, reviewer),
        progress_of(catalog, name, reviewer),
        peek_item(catalog, name, reviewer, but=but),
    )


def _ask_name(request: Request) -> Response:
    """Where a reviewer says the name, and comes back from; whoever was starting goes on so."""
    queue = quote(request.path_params["queue"], safe="")
    is_repeated = request.method == "GET" or request.url.path.endswith(START)
    back = request.url.path if is_repeated else f"/review/{queue}"
    return RedirectResponse(f"/review/name?back={quote(back, safe='')}", 303)
