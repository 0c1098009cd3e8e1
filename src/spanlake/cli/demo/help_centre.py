"""A search over the demo's articles: by the words that a question and an article share."""

import math
import re
from typing import NamedTuple

from spanlake.cli.demo.scenario import ARTICLES, Article

_WORD = re.compile(r"[a-z]{3,}")


class Hit(NamedTuple):
    """An article that was found. score: from 0 to 1, the cosine of the two sets of words."""

    article: Article
    score: float


def search(question: str, *, top_k: int) -> list[Hit]:
    """The best articles for a question, best first."""
    asked = _words(question)
    hits = [Hit(article, _cosine(asked, _words(article.text))) for article in ARTICLES]
    return sorted(hits, key=lambda hit: -hit.score)[:top_k]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _cosine(one: set[str], other: set[str]) -> float:
    return round(len(one & other) / math.sqrt(len(one) * len(other)), 4)
