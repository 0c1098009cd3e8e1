"""The worker: searches the help centre, in a process of its own."""

import os

import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

import spanlake

spanlake.init(service_name="help-worker", experiment="rag-agent")
app = FastAPI()

_PAGES = {
    "returns": "Returns are free within 30 days; the refund takes five working days.",
    "delivery": "Parcels arrive within three working days.",
    "invoices": "Invoices are under Account, then Orders.",
}


class Search(BaseModel):
    """What to look for."""

    query: str


class Page(BaseModel):
    """A page of the help centre."""

    id: str
    content: str


@spanlake.trace(span_type="RETRIEVER")
def search_pages(query: str) -> list[Page]:
    """The pages that share a word with the query, or else all of them."""
    words = set(query.lower().replace("?", "").split())
    found = [name for name, text in _PAGES.items() if words & {name, *text.lower().split()}]
    return [Page(id=name, content=_PAGES[name]) for name in found or _PAGES]


@app.post("/search")
def search(asked: Search, request: Request) -> list[Page]:
    """Search, as a part of the caller's trace."""
    with spanlake.continue_trace(request.headers):
        return search_pages(asked.query)


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8001")))
