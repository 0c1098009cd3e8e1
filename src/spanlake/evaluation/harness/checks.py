"""What is looked at once, before anything is asked or paid for."""

from collections.abc import Sequence

from spanlake.errors import UserError
from spanlake.evaluation.harness.event_loop import run_to_end
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.models.port import ModelPort, use_port
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.evaluation.scoring.sets import is_of_sessions
from spanlake.semconv.price_book import PriceBook
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.prices import list_prices


def check_scorers(scorers: Sequence[Scorer], catalog: Catalog, budget_usd: float | None) -> None:
    """Raise UserError for a judge whose model has no name, key, address or, in a budget, price."""
    port = ModelPort(prices=PriceBook(list_prices(catalog)), budget_usd=budget_usd)

    async def check() -> None:
        with use_port(port):
            for each in scorers:
                await each.check_model()

    run_to_end(check)


def check_sets(scorers: Sequence[Scorer], place: Place) -> None:
    """Raise UserError for a SELECT that fails, or is over sessions: a run has single rows."""
    chosen = [each for each in scorers if isinstance(each, SqlScorer)]
    if not chosen:
        return
    with place.open_lake() as lake:
        for each in chosen:
            if is_of_sessions(lake, each):
                raise UserError(
                    f"the scorer {each.name} is a SELECT over sessions, and a run has single rows: "
                    "spanlake.score() runs it on those that are stored; leave it out here"
                )
