"""The queues: all of them, a new one, and one with its items."""

import math
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.access.principal import principal_of
from spanlake.entities.review import ReviewItem, ReviewQueue
from spanlake.errors import UserError
from spanlake.quantities import counted
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.datasets import get_dataset
from spanlake.storage.catalog.labels.items import list_items
from spanlake.storage.catalog.labels.queues import (
    assign_users,
    close_queue,
    create_queue,
    delete_queue,
    get_queue,
    list_queues,
    reopen_queue,
)
from spanlake.storage.catalog.labels.reviews import Progress, progress_of
from spanlake.storage.catalog.labels.schemas import list_label_schemas
from spanlake.storage.catalog.texts import check_name
from spanlake.storage.condition import literal
from spanlake.storage.labels.filling import Chosen
from spanlake.storage.labels.previews import item_previews
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.datasets.place import dataset_path
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import render
from spanlake.web.pages.review.focus import START
from spanlake.web.pages.review.forms import Form, plan_of
from spanlake.web.pages.review.links import queue_url
from spanlake.web.pages.review.reviewer import may_rename, remember, reviewer_of
from spanlake.web.review_work import ReviewWork
from spanlake.web.services import Services

_ROWS = 50
_STATUSES = ("pending", "complete", "skipped", "declined")
_LONGEST_NAME = 200


class QueuePages:
    """The pages of queues, and what their forms do."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._work = ReviewWork(services)

    async def show_list(self, request: Request) -> Response:
        """Every queue: the reader's own first, then those that anybody may review."""
        reviewer = reviewer_of(request)

        def read(catalog: Catalog) -> tuple[list[ReviewQueue], dict[str, Progress]]:
            found = sorted(list_queues(catalog), key=lambda queue: _turn(queue, reviewer))
            mine = {
                queue.queue_id: progress_of(catalog, queue.queue_id, reviewer)
                for queue in found
                if reviewer is not None and _may_review(queue, reviewer)
            }
            return found, mine

        queues, mine = await with_catalog(self._services, read)
        return render(
            request,
            "review/queues.html",
            queues=queues,
            mine=mine,
            reviewer=reviewer,
            may_rename=may_rename(request),
            link=queue_url,
            query="FROM queues\nORDER BY created_at DESC",
        )

    async def ask_name(self, request: Request) -> Response:
        """Where a reviewer says who it is."""
        back = _inside(request.query_params.get("back", ""))
        return render(request, "review/name.html", back=back, reviewer=reviewer_of(request))

    async def set_name(self, request: Request) -> Response:
        """Remember the name in a cookie of this browser."""
        check_origin(request, ())
        form = await Form.read(request)
        name = check_name("Your name", form.text("name"), longest=_LONGEST_NAME)
        back = _inside(form.text("back"))
        # Starting is a form of its own, which the browser then sends.
        response = RedirectResponse(back, 307 if back.endswith(START) else 303)
        remember(request, response, name)
        return response

    async def new(self, request: Request) -> Response:
        """The form for a new queue."""
        schemas = await with_catalog(self._services, list_label_schemas)
        ids = request.query_params.get("ids", "")
        return render(
            request,
            "review/new_queue.html",
            schemas=schemas,
            ids=ids,
            sessions=request.query_params.getlist("session"),
            chosen=set(request.query_params.getlist("schema")),
            filter=request.query_params.get("filter", ""),
        )

    async def create(self, request: Request) -> Response:
        """Make the queue, and let the chosen traces come in."""
        check_origin(request, ())
        form = await Form.read(request)
        plan = plan_of(form, reviewer_of(request))
        if not plan.schemas:
            raise UserError("no question is chosen: choose one at least, or make one first")
        queue = await with_catalog(self._services, lambda catalog: create_queue(catalog, plan))
        chosen = _chosen(form)
        try:
            if chosen is not None:
                await self._work.add(queue.queue_id, chosen)
        except UserError:  # nothing is left of what was not made whole
            await with_catalog(
                self._services,
                lambda catalog: delete_queue(catalog, queue.queue_id, actor=principal_of(request)),
            )
            raise
        return RedirectResponse(queue_url(queue), 303)

    async def show(self, request: Request) -> Response:
        """One queue: how far it is, and its items."""
        name, reviewer = request.path_params["queue"], reviewer_of(request)
        status = request.query_params.get("status", "")
        page = max(1, count_of(request.query_params.get("page"), 1))

        def read(catalog: Catalog) -> tuple[ReviewQueue, list[ReviewItem], Progress | None]:
            queue = get_queue(catalog, name)
            items = list_items(
                catalog,
                queue.queue_id,
                status=status if status in _STATUSES else None,  # type: ignore[arg-type]  # it is
                limit=_ROWS,
                offset=(page - 1) * _ROWS,
            )
            is_mine = reviewer is not None and _may_review(queue, reviewer)
            progress = progress_of(catalog, name, reviewer or "") if is_mine else None
            return queue, items, progress

        queue, items, progress = await with_catalog(self._services, read)
        previews = await self._services.lakes.ask(
            lambda lake: item_previews(lake, [each.target for each in items])
        )
        total = getattr(queue.counts, status) if status in _STATUSES else queue.counts.items
        return render(
            request,
            "review/queue.html",
            queue=queue,
            items=items,
            previews=previews,
            progress=progress,
            reviewer=reviewer,
            may_rename=may_rename(request),
            chosen_status=status,
            statuses=_STATUSES,
            number_of_page=page,
            pages=math.ceil(total / _ROWS),
            url=queue_url(queue),
            may_review=reviewer is None or _may_review(queue, reviewer),
            has_expectations=any(each.type == "expectation" for each in queue.schemas),
            query=f"FROM labels\nWHERE queue = {literal(queue.name)}\nORDER BY answered_at",
        )

    async def add(self, request: Request) -> Response:
        """Let traces come in by a filter, or what the queue's rule is for."""
        check_origin(request, ())
        form, name = await Form.read(request), request.path_params["queue"]
        if form.text("source") == "rule":
            await self._work.fill(name)
        else:
            await self._work.add(name, _chosen(form) or Chosen(limit=_ROWS))
        return await self._back(name)

    async def change(self, request: Request) -> Response:
        """Assign reviewers, close the queue, open it again or delete it."""
        check_origin(request, ())
        form, name = await Form.read(request), request.path_params["queue"]
        action, actor = form.text("action"), principal_of(request)
        if action == "delete" and form.text("confirmed") != "yes":
            return await self._ask_to_delete(request, name)

        def work(catalog: Catalog) -> None:
            if action == "assign":
                asked = form.count("reviewers_per_item", 1)
                assign_users(catalog, name, form.lines("assigned_users"), reviewers_per_item=asked)
            elif action == "delete":
                delete_queue(catalog, name, actor=actor)
            else:
                (close_queue if action == "close" else reopen_queue)(catalog, name)

        await with_catalog(self._services, work)
        return RedirectResponse("/review", 303) if action == "delete" else await self._back(name)

    async def _ask_to_delete(self, request: Request, name: str) -> Response:
        queue = await with_catalog(self._services, lambda catalog: get_queue(catalog, name))
        url = queue_url(queue)
        return render(
            request,
            "confirm.html",
            question=f"Delete {queue.name}?",
            consequence=f"Its {counted(queue.counts.items, 'item')} and all that was answered "
            "go for good. Assessments that answers became stay.",
            action=f"{url}/change",
            fields={"action": "delete"},
            back=url,
            count=1,
        )

    async def sync(self, request: Request) -> Response:
        """Merge what the labels expect into a dataset."""
        check_origin(request, ())
        form, name = await Form.read(request), request.path_params["queue"]
        dataset = form.text("dataset")
        if not dataset:
            raise UserError("Dataset is empty: must be the name of one, new or not")
        synced = await self._work.sync(name, dataset)
        made = await with_catalog(self._services, lambda catalog: get_dataset(catalog, dataset))
        return render(
            request,
            "review/synced.html",
            synced=synced,
            queue=name,
            dataset_url=dataset_path(made),
        )

    async def add_selected(self, request: Request) -> Response:
        """Put what is selected in a list into a queue, or begin a new one with it."""
        check_origin(request, ())
        form = await Form.read(request)
        ids, sessions, name = form.lines("ids"), form.texts("session"), form.text("queue")
        if not ids and not sessions:
            raise UserError("nothing is selected; select rows of the list first")
        if not name:
            given = [("ids", ",".join(ids))] if ids else [("session", each) for each in sessions]
            return RedirectResponse(f"/review/new?{urlencode(given)}", 303)
        await self._work.add(name, Chosen(trace_ids=ids, session_ids=sessions))
        return await self._back(name)

    async def _back(self, name: str) -> Response:
        queue = await with_catalog(self._services, lambda catalog: get_queue(catalog, name))
        return RedirectResponse(queue_url(queue), 303)


def _chosen(form: Form) -> Chosen | None:
    """Which traces a form means to come in at once."""
    ids, sessions, source = form.lines("ids"), form.texts("session"), form.text("source")
    if source == "ids" or (not source and (ids or sessions)):
        return Chosen(trace_ids=ids, session_ids=sessions)
    if source == "filter":
        return Chosen(
            filter=form.text("filter"),
            limit=form.count("limit", _ROWS),
            granularity="session" if form.text("granularity") == "session" else "trace",
        )
    return None


def _may_review(queue: ReviewQueue, reviewer: str) -> bool:
    return not queue.assigned_users or reviewer in queue.assigned_users


def _turn(queue: ReviewQueue, reviewer: str | None) -> int:
    """0 for the reader's own, 1 for anybody's, 2 for others', 3 for those that are closed."""
    if queue.closed_at is not None:
        return 3
    if reviewer in queue.assigned_users:
        return 0
    return 2 if queue.assigned_users else 1


def _inside(path: str) -> str:
    """A path of the review app; its first page for anything else."""
    is_inside = path.startswith("/review") and "//" not in path and "\\" not in path
    return path if is_inside and path.isprintable() else "/review"
