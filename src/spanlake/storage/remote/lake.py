"""The lake of a server: the same questions and feedback as beside its data, over HTTP."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import quote, urlencode

import duckdb
import pyarrow as pa

from spanlake.entities import (
    Assessment,
    AssessmentError,
    AssessmentSource,
    AssessmentValue,
    Expectation,
    Feedback,
    Trace,
)
from spanlake.errors import UserError
from spanlake.storage.assessments.entry import Target
from spanlake.storage.assessments.methods import AssessmentMethods
from spanlake.storage.closing import Closing
from spanlake.storage.condition import Condition, all_of
from spanlake.storage.remote.api import ServerApi
from spanlake.storage.remote.parameters import written_out
from spanlake.storage.search.compile import compile_filter
from spanlake.storage.search.ordering import order_clause
from spanlake.storage.search.values import read_since
from spanlake.storage.settings import connect
from spanlake.storage.trace_reader.methods import TraceMethods, several
from spanlake.storage.trace_reader.reader import completed
from spanlake.storage.trace_reader.rows import TRACE_COLUMNS, trace_of

if TYPE_CHECKING:
    from spanlake.storage.lake import Lake

MOST_ROWS = 1_000_000
"""How many rows of an answer a server gives."""

_CALLER = 3  # whoever called the method


class RemoteLake(Closing, AssessmentMethods, TraceMethods):
    """A server's lake. For one thread.

    url: such as http://localhost:4318; its key, if it asks for one, is in $SPANLAKE_KEY. Queries
    have the limits that the server gives them. UserError and ServerError, as `ServerApi` says.
    """

    def __init__(self, url: str) -> None:
        self._api = ServerApi(url)
        self._connection = connect()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UserError(
            f"--data is {self._api.url}: must be the data directory or bucket itself for this; "
            "run it where that is"
        )

    def close(self) -> None:
        """Give what was answered free. Safe to call twice."""
        self._connection.close()

    def sql(
        self, query: str, params: Sequence[object] | Mapping[str, object] | None = None
    ) -> duckdb.DuckDBPyRelation:
        """Ask a question of everything that is stored now; the answer is here when it returns.

        Returns a DuckDB relation, as `Lake.sql` does. Warns where the server left out rows.
        """
        body = {"query": written_out(query, params), "format": "arrow"}
        stream = self._api.ask("POST", "/sql", body)
        try:
            answer = pa.ipc.open_stream(stream).read_all()
        except pa.ArrowInvalid as error:
            raise self._api.not_understood(error) from None
        if answer.num_rows >= MOST_ROWS:
            warnings.warn(
                f"{self._api.url} gives {MOST_ROWS:,} rows of an answer at most, and this one has "
                "as many: ask for fewer, or where the data is",
                stacklevel=2,
            )
        return self._connection.from_arrow(answer)

    def rows(
        self, query: str, params: Sequence[object] | Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of the answer to the same question."""
        return self.sql(query, params).fetchall()

    def traces(  # noqa: PLR0913  # as `Lake` has it
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
        """Traces that meet everything given here, as `Lake.traces` has them."""
        start = None if since is None else read_since(since, now=datetime.now(UTC))
        conditions = [compile_filter(filter_string or "", since=start).condition]
        if names := several(experiment):
            conditions.append(Condition("list_contains($names, experiment)", {"names": names}))
        chosen = f"({all_of(conditions).written_out()})"
        if where is not None:
            chosen += f" AND (\n{where}\n)"  # on lines of its own, as it may end in a comment
        query = (
            f"SELECT {', '.join(TRACE_COLUMNS)} FROM traces WHERE {chosen}"  # noqa: S608  # the user's own conditions
            f" ORDER BY {order_clause(several(order_by))}"
        )
        if max_results is not None:
            query += f" LIMIT {max_results}"
        found = map(trace_of, self.sql(query).fetchall())
        return list(completed(cast("Lake", self), found, include_spans=include_spans))

    def override_feedback(  # noqa: PLR0913  # as `Lake` has it
        self,
        *,
        assessment_id: str,
        value: AssessmentValue = None,
        error: AssessmentError | None = None,
        rationale: str | None = None,
        source: AssessmentSource | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Assessment:
        """Put another verdict in the place of one, as `Lake.override_feedback` does."""
        said = Feedback(
            value=value, error=error, rationale=rationale, source=source, metadata=metadata or {}
        )
        body = _body(said) | {"overrides": assessment_id}
        return _assessment(self._api.ask_json("POST", "/assessments", body))

    def delete_assessment(
        self,
        *,
        assessment_id: str,
        source: AssessmentSource | None = None,
        reason: str | None = None,
    ) -> bool:
        """Take an assessment back, as `Lake.delete_assessment` does."""
        said = {} if reason is None else {"reason": reason}
        if source is not None:
            said |= {"source_type": str(source.source_type), "source_id": source.source_id}
        path = f"/assessments/{quote(assessment_id, safe='')}?{urlencode(said)}"
        is_new: bool = self._api.ask_json("DELETE", path)["is_new"]
        return is_new

    def _log(self, target: Target, said: Feedback | Expectation) -> Assessment:
        to = {field.name: getattr(target, field.name) for field in fields(target)}
        body = _body(said) | {"name": said.name, **to}
        answer = self._api.ask_json("POST", "/assessments", body)
        if answer["target_is_stored"] is False:
            warnings.warn(
                f"the target of {said.name!r} is not stored yet; the assessment is, and belongs to "
                "it once it arrives",
                stacklevel=_CALLER,
            )
        return _assessment(answer)


def _body(said: Feedback | Expectation) -> dict[str, Any]:
    """What is said, with the names that the API has."""
    body: dict[str, Any] = {"value": said.value, "metadata": dict(said.metadata)}
    if said.source is not None:
        body |= {
            "source_type": str(said.source.source_type),
            "source_id": said.source.source_id,
        }
    if isinstance(said, Expectation):
        return body | {"kind": "expectation"}
    if said.rationale is not None:
        body["rationale"] = said.rationale
    if said.error is not None:
        body |= {
            "error_code": said.error.error_code,
            "error_message": said.error.error_message,
        }
    return body


def _assessment(answer: Mapping[str, Any]) -> Assessment:
    """An assessment from an answer, whose members are the view's columns."""
    names = {field.name for field in fields(Assessment)}
    code = answer["error_code"]
    return Assessment(
        **{name: answer[name] for name in names & answer.keys() - {"created_at"}},
        source=AssessmentSource(answer["source_type"], answer["source_id"]),
        error=None if code is None else AssessmentError(code, answer["error_message"]),
        created_at=datetime.fromisoformat(answer["created_at"]),
    )
