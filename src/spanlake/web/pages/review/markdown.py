"""Markdown as a tree of our own few elements, so that a template can write it, escaped as all is.

There is no raw HTML in it, no picture is loaded, and no link can be followed: its address is shown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

NodeKind = Literal[
    "text", "break", "strong", "em", "strike", "code", "address", "paragraph", "heading", "quote",
    "bullets", "numbers", "item", "block", "rule", "table", "row", "head", "cell",
]  # fmt: skip

_KINDS: dict[str, NodeKind] = {
    "softbreak": "break",
    "hardbreak": "break",
    "strong": "strong",
    "em": "em",
    "s": "strike",
    "paragraph": "paragraph",
    "heading": "heading",
    "blockquote": "quote",
    "bullet_list": "bullets",
    "ordered_list": "numbers",
    "list_item": "item",
    "table": "table",
    "tr": "row",
    "th": "head",
    "td": "cell",
    "hr": "rule",
}
_BLOCKS = {"fence": "block", "code_block": "block", "code_inline": "code"}
# What is worth the reading: an emphasis, a list, a heading, code or a table.
_SIGNS = re.compile(
    r"\*\*\S|^#{1,6} |^ {0,3}[-*+] \S|^ {0,3}\d{1,3}[.)] \S|```|`[^`\n]+`|^\|.*\|", re.MULTILINE
)
_LONGEST = 50_000


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a text. text: of a text, code or address. level: of a heading, 1 to 6."""

    kind: NodeKind
    text: str = ""
    children: tuple["Node", ...] = ()
    level: int = 0


def is_markdown(text: str) -> bool:
    """Whether a text looks as if it were written as Markdown, and is short enough to be read so."""
    return len(text) <= _LONGEST and _SIGNS.search(text) is not None


def read_markdown(text: str) -> tuple[Node, ...]:
    """The parts of a text."""
    # A server need not wait for it to start.
    from markdown_it.tree import SyntaxTreeNode

    return tuple(_nodes(SyntaxTreeNode(_parser().parse(text))))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _nodes(parent: "SyntaxTreeNode") -> Iterator[Node]:
    for node in parent.children:
        kind = node.type
        if kind in _BLOCKS:
            yield Node("code" if kind == "code_inline" else "block", node.content)
        elif kind == "link":
            yield from _nodes(node)
            yield Node("address", str(node.attrs.get("href", "")))
        elif kind == "image":
            yield Node("text", node.content or "picture")
            yield Node("address", str(node.attrs.get("src", "")))
        elif kind in _KINDS:
            level = int(node.tag[1:]) if kind == "heading" else 0
            yield Node(_KINDS[kind], "", tuple(_nodes(node)), level)
        elif node.children:  # inline, thead, tbody: nothing to be seen by themselves
            yield from _nodes(node)
        elif node.is_nested is False and node.content:
            yield Node("text", node.content)
