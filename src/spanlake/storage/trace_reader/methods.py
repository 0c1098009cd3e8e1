"""The methods of a lake that give traces and sessions as Python objects."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from spanlake.entities import Session, Trace

if TYPE_CHECKING:
    from spanlake.storage.lake import Lake


class TraceMethods:
    """A part of `Lake`."""

    def traces(  # noqa: PLR0913  # as MLflow's search_traces, and `where`
        self,
        filter_string: str | None = None,
        *,
        where: str | None = None,
        order_by: str | Sequence[str] | None = None,
        max_results: int | None = None,
        experiment: str | Sequence[str] | None = None,
        since: datetime | str | None = None,
        include_spans: bool = True,
    ) -> list[Trace]:
        """Traces that meet everything given here, with their spans and valid assessments.

        filter_string: in the filter language, which takes MLflow's, such as
        "status = 'ERROR' AND duration > 2s". where: an SQL condition over the columns of `traces`.
        order_by: fields, each with ASC or DESC behind it; else the newest come first.
        max_results: how many at most; None is all. experiment: a name, or several. since: a time,
        or how long ago, such as "24h". include_spans: without them it is much faster.

        Raises FilterError, which points at the character, and UserError.
        """
        from spanlake.storage.search.values import read_since
        from spanlake.storage.trace_reader.reader import read_traces
        from spanlake.storage.trace_reader.selection import TraceQuery

        query = TraceQuery(
            filter_string=filter_string,
            where=where,
            experiments=several(experiment),
            since=None if since is None else read_since(since, now=datetime.now(UTC)),
            order_by=several(order_by),
            max_results=max_results,
        )
        return list(read_traces(cast("Lake", self), query, include_spans=include_spans))

    def trace(self, trace_id: str) -> Trace:
        """One trace by its id, or the beginning of it. NotFoundError if there is none."""
        from spanlake.storage.trace_reader.reader import read_trace

        return read_trace(cast("Lake", self), trace_id)

    def session(self, session_id: str) -> Session:
        """A session with its traces, as they started. NotFoundError if nothing names it."""
        from spanlake.storage.trace_reader.reader import read_session

        return read_session(cast("Lake", self), session_id)


def several(names: str | Sequence[str] | None) -> Sequence[str]:
    """What may be one name, several, or not be given."""
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else names
