"""Which summaries there are, and which commits they are made of."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import orjson

from spanlake.semconv.columns import SEMCONV_VERSION
from spanlake.storage.files.stores import store_of
from spanlake.storage.sql_text import sql_text

FOLDER = "summaries"
SOURCES = ("spans", "logs")
"""The tables that summaries are made of."""
KINDS = ("stale", "extents", "responses", "traces", "calls")
"""What is kept: rows of the views, the response ids that a trace tells of, when its rows came, and
which traces were summed up anew, so that what was kept of them before does not count."""
# What the summaries follow from: others were made by another version.
_LOGIC = (
    "views/macros",
    "parts/span_content",
    "parts/told_spans",
    "parts/billed_elsewhere",
    "parts/billing",
    "sums/calls",
    "sums/traces",
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """generation: counts up. covered: by table and writer, the last commit that is in them.

    files: by kind, paths from the folder of summaries.
    """

    generation: int = 0
    covered: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def is_covered(self, table: str, hot_file: Path) -> bool:
        """Whether the rows of a commit are in the summaries."""
        return int(hot_file.stem) <= self.covered.get(table, {}).get(hot_file.parent.name, 0)


def read_manifest(root: Path) -> Manifest | None:
    """The manifest of a data directory; None when there is none that this version can use."""
    try:
        told = orjson.loads((root / FOLDER / "manifest.json").read_bytes())
        digest = told.pop("digest")
        if told["logic"] != _logic() or digest != _digest(told):
            return None
        return Manifest(told["generation"], told["covered"], told["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Make a manifest the one that counts, at once and durably."""
    store = store_of(root)
    store.make_folder(root / FOLDER)
    told = {
        "logic": _logic(),
        "generation": manifest.generation,
        "covered": manifest.covered,
        "files": manifest.files,
    }
    content = orjson.dumps(told | {"digest": _digest(told)}, option=orjson.OPT_INDENT_2)
    store.replace(root / FOLDER / "manifest.json", content)


def drop_manifest(root: Path) -> None:
    """Let no summary count any more: they are made anew."""
    (root / FOLDER / "manifest.json").unlink(missing_ok=True)


def _digest(told: Mapping[str, object]) -> str:
    """The digest of all that a manifest says."""
    content = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(content, digest_size=16).hexdigest()


@cache
def _logic() -> str:
    digest = hashlib.blake2b(SEMCONV_VERSION.encode(), digest_size=16)
    for name in _LOGIC:
        digest.update(sql_text(name).encode())
    return digest.hexdigest()
