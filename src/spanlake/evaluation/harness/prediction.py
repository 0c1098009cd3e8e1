"""One call of the app that is evaluated, in a trace of its own."""

import asyncio
import inspect
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Status, StatusCode

from spanlake.errors import UserError
from spanlake.evaluation.harness.spans import RUN_ID, SCOPE
from spanlake.evaluation.models.tracing import tracer_of
from spanlake.evaluation.scorers.threads import in_thread

PREDICT_ERROR = "PREDICT_ERROR"
PREDICT_TIMEOUT = "PREDICT_TIMEOUT"
_MAX_MESSAGE = 2_000

Predict = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the app answered, or why it did not. trace_id: hex, None where nothing is traced."""

    outputs: Any = None
    trace_id: str | None = None
    latency_ms: float | None = None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """Calls the app. timeout: seconds for a call, None for no limit."""

    function: Predict
    run_id: str
    experiment: str | None = None
    app_version: str | None = None
    timeout: float | None = None

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    def check(self, inputs: Mapping[str, Any]) -> None:
        """Raise UserError for a function that cannot be called with such inputs."""
        try:
            signature = inspect.signature(self.function)
        except (TypeError, ValueError):
            return  # of a builtin nobody knows
        try:
            signature.bind(**_arguments(self.function, inputs))
        except TypeError as error:
            raise UserError(
                f"predict_fn is {self.name}{signature}, and the inputs have "
                f"{', '.join(inputs) or 'no keys'}: {error}; it is called with the keys of inputs "
                "as keyword arguments, or with all of them as `inputs`"
            ) from None

    async def predict(self, inputs: Mapping[str, Any], record_id: str) -> Prediction:
        """Call the app with the inputs of a row; its failure is a result."""
        attributes = {
            RUN_ID: self.run_id,
            "spanlake.record_id": record_id,
            "spanlake.span_type": "CHAIN",
            "spanlake.input": _text(inputs),
        }
        if self.experiment is not None:
            attributes["spanlake.experiment"] = self.experiment
        if self.app_version is not None:
            attributes["spanlake.app_version"] = self.app_version
        began = time.perf_counter()
        # A trace of its own, whatever the program was doing when it began to evaluate.
        with tracer_of(SCOPE).start_as_current_span(
            self.name, context=Context(), attributes=attributes, record_exception=False
        ) as span:
            context = span.get_span_context()
            trace_id = trace.format_trace_id(context.trace_id) if context.is_valid else None
            try:
                async with asyncio.timeout(self.timeout):
                    outputs = _plain(await self._call(inputs))
            except (Exception, SystemExit) as error:  # noqa: BLE001  # a row's failure is a result
                span.record_exception(error)
                span.set_status(Status(StatusCode.ERROR, _described(error)))
                span.set_attribute("error.type", type(error).__qualname__)
                return Prediction(
                    trace_id=trace_id,
                    latency_ms=_since(began),
                    error_code=_code(error),
                    error_message=self._message(error),
                )
            if outputs is not None:
                text = outputs if isinstance(outputs, str) else _text(outputs)
                span.set_attribute("spanlake.output", text)
        return Prediction(outputs=outputs, trace_id=trace_id, latency_ms=_since(began))

    async def _call(self, inputs: Mapping[str, Any]) -> Any:  # noqa: ANN401  # what the app returns
        call = partial(self.function, **_arguments(self.function, inputs))
        if inspect.iscoroutinefunction(self.function):
            return await call()
        returned = await in_thread(call)
        return await returned if inspect.isawaitable(returned) else returned

    def _message(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError) and self.timeout is not None and not str(error):
            return f"{self.name} took longer than {self.timeout:g} s; set predict_timeout higher"
        return _described(error)[:_MAX_MESSAGE]


def _arguments(function: Predict, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the inputs, or all of them for a function of `inputs`."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return dict(inputs)
    if list(parameters) == ["inputs"] and "inputs" not in inputs:
        return {"inputs": dict(inputs)}
    return dict(inputs)


def _plain(value: Any) -> Any:  # noqa: ANN401  # JSON
    """What the app returned as a JSON value: scorers see what is stored."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # half a surrogate pair is no text
    if hasattr(value, "model_dump"):  # pydantic, and the clients of model providers
        value = value.model_dump(mode="json")
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    return orjson.loads(orjson.dumps(value, option=options, default=str))


def _text(value: Any) -> str:  # noqa: ANN401  # any JSON
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=str).decode()


def _code(error: BaseException) -> str:
    return PREDICT_TIMEOUT if isinstance(error, TimeoutError) else PREDICT_ERROR


def _described(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
