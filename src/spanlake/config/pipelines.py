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
_REDACT = "redact"
_GENAI = "genai"
_LAKE = "lake"


class Components(NamedTuple):
    """The names of the components of each kind."""

    receivers: tuple[str, ...] = ("otlp",)
    processors: tuple[str, ...] = (_LIMITER, _REDACT, _GENAI)
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
    if name == _GENAI:
        raise RuleError("must be in the traces pipeline only", advice="remove it here")
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
    """The way of the logs or the metrics: the names of its components, in order."""

    receivers: _Receivers
    processors: Annotated[
        tuple[Annotated[_Processor, AfterValidator(_traces_only)], ...],
        AfterValidator(_distinct),
        AfterValidator(_limiter_first),
    ] = ()
    exporters: _Exporters


class TracesPipeline(Pipeline):
    """The way of the traces, which may have the `genai` processor."""

    processors: Annotated[
        tuple[_Processor, ...],
        AfterValidator(_distinct),
        AfterValidator(_limiter_first),
        AfterValidator(_redact_before_genai),
    ] = ()


class Pipelines(Section):
    """The signals that are taken in; one without a pipeline is refused."""

    traces: OffIfAbsent[TracesPipeline] = None
    logs: OffIfAbsent[Pipeline] = None
    metrics: OffIfAbsent[Pipeline] = None

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
    plain = Pipeline(receivers=receivers, processors=(_LIMITER,), exporters=exporters)
    return Pipelines(traces=traces, logs=plain, metrics=plain)
