"""Scorers that are a SELECT: they score all stored targets in one pass."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from spanlake.errors import NotFoundError, UserError
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import Scorer

if TYPE_CHECKING:
    from spanlake.storage.lake import Lake
    from spanlake.storage.runs.sql_scores import SqlScores


class SqlScorer(Scorer):
    """A SELECT that gives the id of a target, a value and perhaps a rationale.

        SqlScorer(
            name="slow",
            query="SELECT trace_id, duration_ms <= 2000 AS value, name AS rationale FROM traces",
        )

    The columns: trace_id for traces, trace_id and span_id for spans, session_id for sessions;
    value, a BOOLEAN, a number or a VARCHAR; rationale if there is one. A target that has no row
    is not scored, one whose value is NULL has no verdict. Called, it scores a lake. UserError
    for anything but one SELECT.
    """

    query: str

    def __post_init__(self) -> None:
        from spanlake.storage.runs.sql_scores import check_score_query

        super().__post_init__()
        self.query = check_score_query(self.query, typed=self._typed)

    @classmethod
    def of_file(cls, path: Path) -> "SqlScorer":
        """The query of a file; its name is the scorer's. NotFoundError if there is no such file."""
        try:
            query = path.read_text("utf-8")
        except FileNotFoundError:
            raise NotFoundError(f"the scorer is {path}: there is no such file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"the scorer is {path}: the file cannot be read: {error}") from None
        return cls(name=path.stem, query=query)

    def __call__(self, lake: "Lake", only: Sequence[str] | None = None) -> "SqlScores":
        """Score what is stored. only: ids of the traces or sessions that matter; None for all."""
        from spanlake.storage.runs.sql_scores import score_by_sql

        return score_by_sql(lake, self.query, typed=self._typed, only=only)

    async def score(self, **given: object) -> NoReturn:  # noqa: ARG002  # none of it is of use
        """Refuse a sample: a ScorerError says what to do instead."""
        raise ScorerError(f"{self.name} is a SELECT: it scores what is stored, not single records")

    @property
    def wants(self) -> frozenset[str]:
        """Nothing of a sample: it finds what it needs by itself."""
        return frozenset()

    @property
    def requires(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    @property
    def _typed(self) -> str:
        return f"the query of the scorer {self.name}"
