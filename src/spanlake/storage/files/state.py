"""Where a lake keeps what is of one machine alone: journals of runs, replies of models, a catalog.

In its directory; for a lake in a bucket, in a folder of the user who works with it.
"""

from pathlib import Path

import orjson

from spanlake.config.state import state_dir
from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.files.stores import store_of

# What says that there is a lake before there is anything else.
_MARKER = "lake.json"


def state_folder(root: Path) -> Path:
    """The folder, which may not be there yet. root: of the lake."""
    if isinstance(root, ObjectPath):
        return state_dir() / "lakes" / Path(*root.parts[1:])
    return root.absolute()


def make_state_folder(root: Path) -> None:
    """Have the folder, if it is one beside the lake. OSError."""
    if isinstance(root, ObjectPath):
        state_folder(root).mkdir(parents=True, exist_ok=True)


def make_root(root: Path) -> None:
    """Let there be a lake, empty if there is none. OSError when that cannot be."""
    state_folder(root).mkdir(parents=True, exist_ok=True)
    if isinstance(root, ObjectPath) and not root.is_dir():
        store_of(root).replace(root / _MARKER, orjson.dumps({"made_by": "spanlake"}))
