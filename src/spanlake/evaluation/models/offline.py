"""Models without a network, for trials and for users' tests."""

import asyncio
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from spanlake.errors import UserError
from spanlake.evaluation.models.errors import MalformedReplyError, UnavailableError
from spanlake.evaluation.models.message import ChatRequest
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.overlap import overlap
from spanlake.evaluation.models.refusals import refusal
from spanlake.evaluation.models.reply import ChatReply
from spanlake.evaluation.models.script import Breakage, Fault, Said, Script, as_said, as_script


@dataclass(slots=True)
class OfflineModel:
    """Says what a script says, in the program itself. Give it wherever a model is wanted.

    script: a function of a ChatRequest, one answer, or several in their order. requests: what it
    was asked, in the order it came.

        judge = Correctness(model=OfflineModel({"rationale": "as expected", "verdict": "yes"}))
    """

    script: Script | Said | Iterable[Said] = overlap
    model: str = "double"
    requests: list[ChatRequest] = field(default_factory=list)
    _script: Script = field(init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self._script = as_script(self.script)

    @property
    def name(self) -> ModelName:
        """Which model it is: offline:/MODEL."""
        return ModelName.parse(f"offline:/{self.model}")

    @property
    def digest(self) -> str:
        """What stands for it in the digest of a judge."""
        return str(self.name)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError where the script says that something goes wrong."""
        self.requests.append(request)
        said = as_said(self._script(request))
        await asyncio.sleep(said.delay)
        if isinstance(said, Fault):
            raise self._error(said)
        return said.reply(request, self.model, next(self._numbers))

    def _error(self, fault: Fault) -> Exception:
        if fault.breakage is Breakage.NO_JSON:
            return MalformedReplyError(f"{self.name} sent no chat completion")
        if fault.breakage is not None:
            return UnavailableError(f"{self.name}: the connection is {fault.breakage}")
        wait = fault.retry_after if isinstance(fault.retry_after, int | float) else None
        return refusal(self.name, fault.status, error_body(fault), wait)


def error_body(fault: Fault) -> bytes:
    """Write a fault as providers write errors."""
    return orjson.dumps(
        {
            "error": {
                "message": fault.message,
                "type": fault.code or "error",
                "code": fault.code,
                "param": fault.parameter,
            }
        }
    )


_MODELS = {"overlap": overlap}


def offline_model(name: ModelName) -> OfflineModel:
    """Make the model of a name `offline:/MODEL`. UserError if there is none."""
    if name.model not in _MODELS:
        raise UserError(
            f"the model is {str(name)!r}: must be one of "
            f"{', '.join(f'offline:/{model}' for model in _MODELS)}; "
            "for answers of your own give an OfflineModel"
        )
    return OfflineModel(_MODELS[name.model], name.model)
