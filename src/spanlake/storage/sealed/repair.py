"""A torn end of a table's log, as a power cut may leave what others wrote, put aside before use."""

from pathlib import Path

import orjson

from spanlake.storage.quarantine import quarantine
from spanlake.storage.sealed.checkpoint import is_intact
from spanlake.storage.sealed.delta_log import LOG, has_own_digest


def repair_log(root: Path, table: Path) -> list[Path]:
    """Put aside the newest commits and checkpoints that are torn; where they are now.

    What they committed is still hot: hot files go only long after their commit is durable. Must
    come before the first commit of a process, while nobody else commits.
    """
    log = table / LOG
    if not log.is_dir():
        return []
    aside = []
    for commit in sorted(log.glob("[0-9]*.json"), reverse=True):
        if _is_whole(commit):
            break
        aside.append(quarantine(root, commit, "the commit is torn"))
    for checkpoint in sorted(log.glob("[0-9]*.checkpoint.parquet"), reverse=True):
        if _is_intact(checkpoint):
            break
        aside.append(quarantine(root, checkpoint, "the checkpoint is torn"))
        (log / "_last_checkpoint").unlink(missing_ok=True)
    return aside


def _is_whole(commit: Path) -> bool:
    try:
        return has_own_digest(commit.read_bytes()) is not False
    except (ValueError, AttributeError, orjson.JSONDecodeError):
        return False


def _is_intact(checkpoint: Path) -> bool:
    try:
        return is_intact(checkpoint)
    except FileNotFoundError:
        return False  # its commits are still there: they go only when it is noted
    except UnicodeDecodeError:
        return False
