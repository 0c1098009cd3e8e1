"""One operation of the API: what it takes, what it does, and how it becomes a route."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Generic, Literal, TypeVar

import orjson
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from spanlake import log
from spanlake.access.cross_site import check_origin
from spanlake.access.policy import Policy
from spanlake.access.principal import principal_of
from spanlake.entities.access import Permission, Principal
from spanlake.errors import SpanlakeError
from spanlake.web.api.body import read_json
from spanlake.web.api.problems import broken_rules, problem, problem_of
from spanlake.web.services import Services

PREFIX = "/api/v1"
_log = log.get(__name__)
_NUMBER = re.compile(r"\s*[-+]?[\d.eE_]+\s*")
_CLIENT_GONE = 499  # nobody reads this answer; the number is what proxies log


def _no_number(value: object) -> object:
    """What is no number: as a time it would be seconds since 1970, which nobody means."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return value
    raise ValueError("must be a time as RFC 3339 has it, such as 2026-11-21T12:00:00Z")


Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]
"""A time with its zone."""


class Model(BaseModel):
    """What is taken from outside: nothing but what is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Nothing(Model):
    """No parameters, or no body."""


Q = TypeVar("Q", bound=Model)
B = TypeVar("B", bound=Model)


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """A request that has been checked. path: the parameters in the path. principal: who asks."""

    services: Services
    principal: Principal
    path: dict[str, str]
    query: Q
    body: B


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Generic[Q, B]):
    """An operation. path: below /api/v1. tag: the noun it is about. permission: what it takes.

    answers: each status it has when all is well, and what that means. max_body: bytes.
    is_for_sites: pages of the listed origins may ask it. by_experiment: it holds to the experiment
    of a key that has one.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    tag: str
    permission: Permission
    summary: str
    handle: Callable[[Call[Q, B]], Awaitable[Response]]
    query: type[Q]
    body: type[B]
    answers: dict[int, str] = field(default_factory=lambda: {200: "Done."})
    max_body: int = 1 << 20
    is_for_sites: bool = False
    by_experiment: bool = False

    @property
    def policy(self) -> Policy:
        """What it asks of whoever calls it."""
        return Policy(self.permission, self.by_experiment)

    async def serve(self, services: Services, request: Request) -> Response:
        """The answer to a request for it, whatever becomes of it."""
        try:
            return await self._answer(services, request)
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)
        except SpanlakeError as error:
            return problem_of(error)
        except Exception:  # noqa: BLE001  # the last resort of an answer
            _log.exception("api.failed", operation=f"{self.method} {self.path}")
            return problem(
                HTTPStatus.INTERNAL_SERVER_ERROR, "this is a fault in Spanlake; please report it"
            )

    async def _answer(self, services: Services, request: Request) -> Response:
        check_origin(request, services.allowed_origins if self.is_for_sites else ())
        try:
            query = self.query.model_validate(dict(request.query_params))
            body = self.body.model_validate(
                {} if self.body is Nothing else await read_json(request, limit=self.max_body)
            )
        except ValidationError as error:
            raise broken_rules(error) from None
        who = principal_of(request)
        return await self.handle(Call(services, who, request.path_params, query, body))


def json_answer(content: object, status: int = HTTPStatus.OK) -> Response:
    """A value as JSON; times in UTC, dataclasses as objects."""
    text = orjson.dumps(content, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
    return Response(text, status, media_type="application/json")
