"""Spanlake's log: dotted event names with keys and values, a line each, on stderr.

The loggers are the standard library's underneath, so a program that uses Spanlake as a library
keeps its own logging. Only the command line calls `configure`, which also takes in the warnings of
other libraries.
"""

import logging
import sys
from typing import Literal, cast

import structlog
from structlog.types import Processor

_ROOT = "spanlake"
_SHARED: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module, given its __name__: log.info("storage.sealed", rows=5)."""
    logger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=(
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return cast("structlog.stdlib.BoundLogger", logger)


def configure(
    level: Literal["debug", "info", "warn", "error"], encoding: Literal["console", "json"]
) -> None:
    """Write Spanlake's log from the level up, and other libraries' warnings, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=(
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(encoding),
            ),
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(_ROOT).setLevel(level.upper())


def _rendering(encoding: Literal["console", "json"]) -> tuple[Processor, ...]:
    """Turn an event into a line; text from outside is quoted, and no local variable is shown."""
    if encoding == "json":
        return (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
    return (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            repr_native_str=True,
            exception_formatter=structlog.dev.plain_traceback,
        ),
    )
