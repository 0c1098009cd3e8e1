"""Selected traces scored here and now, by scorers that need no model."""

import asyncio
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.errors import UserError
from spanlake.storage.traces import full_trace_id
from spanlake.web.pages.forms import ids_of, read_form
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services

if TYPE_CHECKING:
    from spanlake.evaluation.scorers import Scorer

_FIELD = "scorer:"


class ScorerChoice(NamedTuple):
    """A scorer that can be chosen. needs: what a trace must have for it to say anything."""

    name: str
    description: str
    needs: str


class SelectedScoring:
    """The choice of scorers, and the scoring."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def score(self, request: Request) -> Response:
        """Ask which scorers; or, once they are chosen, score and show the run."""
        check_origin(request, ())
        form = await read_form(request)
        ids = ids_of(form.get("ids", ""))
        known = scorer_choices()
        chosen = [each.name for each in known if f"{_FIELD}{each.name}" in form]
        if not chosen:
            return render(
                request,
                "score.html",
                ids=ids,
                scorers=known,
                field=_FIELD,
                is_asked="asked" in form,
                judges=judge_names(),
            )
        whole = await self._services.lakes.ask(
            lambda lake: tuple(full_trace_id(lake, each) for each in ids)
        )
        # Loading the scorers takes a second, which a server that nobody asks for it is spared.
        from spanlake.evaluation.score import score

        result = await asyncio.to_thread(
            score,
            chosen,
            trace_ids=whole,
            include_evaluations=True,
            name=_name(form),
            lake=self._services.root,
        )
        if result.run_id is not None:
            return RedirectResponse(f"/runs/{result.run_id}", 303)
        return render(
            request,
            "done.html",
            title="Nothing to score",
            said=f"Each of the {len(ids)} selected traces has a verdict of these scorers, or is "
            "not whole yet: its root or a parent has not arrived.",
            command=f"spanlake score --scorer {chosen[0]} --dry-run",
        )


@cache
def scorer_choices() -> tuple[ScorerChoice, ...]:
    """The scorers that come with Spanlake and need neither a model nor parameters.

    First those that need no expectations: they have something to say of any trace.
    """
    from spanlake.evaluation.scorers import Scorer
    from spanlake.evaluation.scorers.builtin import ready

    made = [each for each in vars(ready).values() if isinstance(each, Scorer)]
    return tuple(
        ScorerChoice(each.name, _said(each.description), _needs(each))
        for each in sorted(made, key=lambda each: ("expectations" in each.wants, each.name))
        if not each.is_session_level
    )


def judge_names() -> tuple[str, ...]:
    """The scorers that come with Spanlake and ask a model."""
    from spanlake.evaluation.scorers import judges
    from spanlake.evaluation.scorers.scorer import snake_case

    return tuple(snake_case(name) for name in judges.__all__)


def _said(description: str) -> str:
    """The first sentence, without the marks of code."""
    return description.replace("`", "").partition(". ")[0].rstrip(".")


def _needs(scorer: "Scorer") -> str:
    if "expectations" in scorer.wants:
        return "expectations"
    return "the trace" if "trace" in scorer.wants else ""


def _name(form: dict[str, str]) -> str | None:
    name = form.get("name", "").strip()
    if len(name) > 200:  # noqa: PLR2004  # as long as the name of a run can be
        raise UserError(f"the name has {len(name)} characters: at most 200 are possible")
    return name or None
