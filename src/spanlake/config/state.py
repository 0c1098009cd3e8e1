"""Where Spanlake keeps what it remembers of a user between runs."""

import os
from pathlib import Path

STATE_VARIABLE = "XDG_STATE_HOME"
"""The environment variable of the XDG base directory for such files."""


def state_dir() -> Path:
    """Return the folder, which may not be there yet: ~/.local/state/spanlake by default."""
    base = os.environ.get(STATE_VARIABLE, "")
    # The XDG specification has relative paths ignored.
    home = Path(base) if base.startswith("/") else Path.home() / ".local" / "state"
    return home / "spanlake"
