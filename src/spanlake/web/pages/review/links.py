"""The URLs of the review app."""

from urllib.parse import quote

from spanlake.entities.review import ReviewQueue

_KEPT = frozenset({"new", "schemas", "name"})


def queue_url(queue: ReviewQueue, *rest: str) -> str:
    """A queue's page, or what is below it; by its name where a path can hold that."""
    plain = queue.name
    if "/" in plain or plain in _KEPT or plain in {".", ".."} or plain.startswith("q-"):
        plain = queue.queue_id
    return "/".join(["/review", quote(plain, safe=""), *rest])
