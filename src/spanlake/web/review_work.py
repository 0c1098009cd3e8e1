"""What reviewers and whoever manages queues do, the same for the API and the pages."""

from collections.abc import Callable
from typing import TypeVar

from spanlake.entities.review import Answer, Label, Review, ReviewItem, ReviewQueue, ReviewStatus
from spanlake.errors import NotFoundError
from spanlake.evaluation.labels.agreement import QuestionAgreement, queue_agreement
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.answers import adjudicate
from spanlake.storage.catalog.labels.items import AddedItems, get_item, read_copy
from spanlake.storage.catalog.labels.labels import list_labels
from spanlake.storage.catalog.labels.queues import get_queue
from spanlake.storage.catalog.labels.reviews import next_item, set_status
from spanlake.storage.labels.content import ReviewedTrace
from spanlake.storage.labels.conversation import ReviewedSession
from spanlake.storage.labels.copies import unpack
from spanlake.storage.labels.filling import Chosen, add_chosen, fill_by_rule, read_target
from spanlake.storage.labels.publishing import publish
from spanlake.storage.labels.sync import Synced, sync_expectations
from spanlake.storage.lake import Lake
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.services import Services

_T = TypeVar("_T")


class ReviewWork:
    """The operations that need the lake beside the catalog."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def leave(
        self,
        queue: str,
        item_id: str,
        reviewer: str,
        status: ReviewStatus,
        *,
        reason: str | None = None,
    ) -> Review:
        """Say how a reviewer leaves an item, and let the assessments follow."""
        review = await with_catalog(
            self._services,
            lambda catalog: set_status(catalog, queue, item_id, reviewer, status, reason=reason),
        )
        await self._publish(queue)
        return review

    async def decide(self, queue: str, item_id: str, adjudicator: str, answer: Answer) -> Answer:
        """Adjudicate an answer, and let the assessments follow."""
        decided = await with_catalog(
            self._services,
            lambda catalog: adjudicate(catalog, queue, item_id, adjudicator, answer),
        )
        await self._publish(queue)
        return decided

    async def following(
        self, queue: str, reviewer: str, *, wanted: str | None = None
    ) -> ReviewItem | None:
        """The item that a reviewer is given next; a rule may bring some first."""

        def take(catalog: Catalog) -> ReviewItem | None:
            return next_item(catalog, queue, reviewer, wanted=wanted)

        found = await with_catalog(self._services, take)
        if found is None and (await self.fill(queue)).added:
            found = await with_catalog(self._services, take)
        return found

    async def add(self, queue: str, chosen: Chosen) -> AddedItems:
        """Put traces or sessions into a queue."""
        return await self._ask(lambda lake, catalog: add_chosen(lake, catalog, queue, chosen))

    async def fill(self, queue: str) -> AddedItems:
        """Let a queue's rule bring what it is for; none to one that is closed or has no rule."""
        found = await with_catalog(self._services, lambda catalog: get_queue(catalog, queue))
        if found.rule is None or found.closed_at is not None:
            return AddedItems(0, 0)
        return await self._ask(lambda lake, catalog: fill_by_rule(lake, catalog, queue))

    async def sync(self, queue: str, dataset: str) -> Synced:
        """Merge what a queue expects into a dataset."""
        return await self._ask(
            lambda lake, catalog: sync_expectations(lake, catalog, queue, dataset)
        )

    async def agreement(self, queue: str) -> tuple[ReviewQueue, list[QuestionAgreement]]:
        """How well reviewers agree, question by question."""

        def read(catalog: Catalog) -> tuple[ReviewQueue, list[QuestionAgreement]]:
            found = get_queue(catalog, queue)
            labels: list[Label] = list_labels(catalog, found.queue_id)
            return found, queue_agreement(found.schemas, labels)

        return await with_catalog(self._services, read)

    async def content(
        self, queue: str, item_id: str
    ) -> tuple[ReviewItem, ReviewedTrace | ReviewedSession | None]:
        """An item with what there is to read: None where that is not stored any more."""

        def stored(catalog: Catalog) -> tuple[ReviewItem, bytes | None]:
            return get_item(catalog, queue, item_id), read_copy(catalog, item_id)

        item, copy = await with_catalog(self._services, stored)
        if copy is not None:
            return item, unpack(copy)
        try:
            return item, await self._services.lakes.ask(lambda lake: read_target(lake, item.target))
        except NotFoundError:
            return item, None

    async def _publish(self, queue: str) -> None:
        append = self._services.assessments.append
        await self._ask(lambda lake, catalog: publish(lake, catalog, queue, append_rows=append))

    async def _ask(self, work: Callable[[Lake, Catalog], _T]) -> _T:
        """What is done with the lake and the catalog returns or raises."""

        def run(lake: Lake) -> _T:
            with self._services.catalog() as catalog:
                return work(lake, catalog)

        return await self._services.lakes.ask(run)
