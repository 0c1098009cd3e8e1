"""The pipelines: which signals are taken in, and through which components.

A pipeline names components. These are the built-in ones; a file that has, say, a `processors:`
section defines only those it lists there.
"""

from collections.abc import Mapping
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, ValidationInfo, model_validator

from spanlake.config.problems import RuleError
from spanlake.config.section import OffIfAbsent, Section

_LIMITER = "memory_limiter"
_SAMPLER = "probabilistic_sampler"
_REDACT = "redact"
_GENAI = "genai"
_TAIL = "tail_sampling"
_LAKE = "lake"


class Components(NamedTuple):
    """The names of the components of each kind."""

    receivers: tuple[str, ...] = ("otlp",)
    processors: tuple[str, ...] = (_LIMITER, _SAMPLER, _REDACT, _GENAI, _TAIL)
    exporters: tuple[str, ...] = (_LAKE, "otlp", "otlphttp")

    @classmethod
    def defined_by(cls, values: Mapping[str, object]) -> Self:
        """List what a file defines; of a kind whose section it leaves out, all there is."""
        sections = {kind: values.get(kind) for kind in cls._fields}
        return cls(
            **{
                kind: tuple(section)
                for kind, section in sections.items()
                if isinstance(section, Mapping)
            }
        )


def _defined_among(kind: str) -> AfterValidator:
    """Check a component's name against the Components in the validation's context."""
    built_in: tuple[str, ...] = getattr(Components(), kind)

    def check(name: str, info: ValidationInfo) -> str:
        type_name, slash, _ = name.partition("/")
        if slash and type_name in built_in:
            raise RuleError("must be a type without a name of its own", advice=f"use {type_name}")
        if name not in built_in:
            advice = f"remove it (known here: {', '.join(built_in)})"
            raise RuleError(f"must be one of the {kind}", advice=advice)
        if info.context is not None and name not in getattr(info.context, kind):
            advice = f"add `{name}:` there, or remove it here"
            raise RuleError(f"must be defined under {kind}", advice=advice)
        return name

    return AfterValidator(check)


def _traces_only(name: str) -> str:
    if name in (_GENAI, _TAIL):
        raise RuleError("must be in the traces pipeline only", advice="remove it here")
    return name


def _not_of_metrics(name: str) -> str:
    if name == _SAMPLER:
        advice = "remove it here: data points are of no trace"
        raise RuleError("must be in the traces and logs pipelines only", advice=advice)
    return name


def _not_empty(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise RuleError("must not be empty")
    return names


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise RuleError("must not name a component twice", advice="remove one of the two")
    return names


def _limiter_first(names: tuple[str, ...]) -> tuple[str, ...]:
    if _LIMITER in names[1:]:
        raise RuleError(f"must have {_LIMITER} first", advice="move it to the front")
    return names


def _sampler_before_work(names: tuple[str, ...]) -> tuple[str, ...]:
    """What is left out costs neither redaction nor mapping."""
    before = names[: names.index(_SAMPLER)] if _SAMPLER in names else ()
    for name in (_REDACT, _GENAI):
        if name in before:
            raise RuleError(
                f"must have {_SAMPLER} before {name}, which is spared what is left out",
                advice=f"move {_SAMPLER} in front of it",
            )
    return names


def _tail_last(names: tuple[str, ...]) -> tuple[str, ...]:
    if _TAIL in names[:-1]:
        raise RuleError(
            f"must have {_TAIL} last, which judges what is stored", advice="move it to the end"
        )
    return names


def _redact_before_genai(names: tuple[str, ...]) -> tuple[str, ...]:
    if _GENAI in names and _REDACT in names[names.index(_GENAI) :]:
        raise RuleError(
            f"must have {_REDACT} before {_GENAI}, which copies what it reads",
            advice=f"move {_REDACT} in front of it",
        )
    return names


def _with_lake(names: tuple[str, ...]) -> tuple[str, ...]:
    if _LAKE not in names:
        raise RuleError(
            f"must have {_LAKE}, from which the others are sent on", advice=f"add {_LAKE}"
        )
    return names


_Receivers = Annotated[
    tuple[Annotated[str, _defined_among("receivers")], ...],
    AfterValidator(_not_empty),
    AfterValidator(_distinct),
]
_Exporters = Annotated[
    tuple[Annotated[str, _defined_among("exporters")], ...],
    AfterValidator(_not_empty),
    AfterValidator(_distinct),
    AfterValidator(_with_lake),
]
_Processor = Annotated[str, _defined_among("processors")]


class Pipeline(Section):
    """The way of the logs: the names of its components, in order."""

    receivers: _Receivers
    processors: Annotated[
        tuple[Annotated[_Processor, AfterValidator(_traces_only)], ...],
        AfterValidator(_distinct),
        AfterValidator(_limiter_first),
        AfterValidator(_sampler_before_work),
    ] = ()
    exporters: _Exporters


class MetricsPipeline(Pipeline):
    """The way of the metrics, which are of no trace."""

    processors: Annotated[
        tuple[
            Annotated[_Processor, AfterValidator(_traces_only), AfterValidator(_not_of_metrics)],
            ...,
        ],
        AfterValidator(_distinct),
        AfterValidator(_limiter_first),
    ] = ()


class TracesPipeline(Pipeline):
    """The way of the traces, which may have the processors `genai` and `tail_sampling`."""

    processors: Annotated[
        tuple[_Processor, ...],
        AfterValidator(_distinct),
        AfterValidator(_limiter_first),
        AfterValidator(_sampler_before_work),
        AfterValidator(_redact_before_genai),
        AfterValidator(_tail_last),
    ] = ()


class Pipelines(Section):
    """The signals that are taken in; one without a pipeline is refused."""

    traces: OffIfAbsent[TracesPipeline] = None
    logs: OffIfAbsent[Pipeline] = None
    metrics: OffIfAbsent[MetricsPipeline] = None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if self.traces is None and self.logs is None and self.metrics is None:
            advice = "add one, or remove pipelines: for the defaults"
            raise RuleError("must have one of traces, logs and metrics", advice=advice)
        return self


def default_pipelines() -> Pipelines:
    """All signals, stored as they are sent, with the GenAI columns of traces."""
    receivers, exporters = ("otlp",), (_LAKE,)
    traces = TracesPipeline(receivers=receivers, processors=(_LIMITER, _GENAI), exporters=exporters)
    logs = Pipeline(receivers=receivers, processors=(_LIMITER,), exporters=exporters)
    metrics = MetricsPipeline(receivers=receivers, processors=(_LIMITER,), exporters=exporters)
    return Pipelines(traces=traces, logs=logs, metrics=metrics)
