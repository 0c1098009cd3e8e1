from collections.abc import Callable

import pytest

from spanlake.config import Settings
from spanlake.errors import ConfigError

LOGS_ONLY = """\
service:
  pipelines:
    logs: {receivers: [otlp], processors: [memory_limiter], exporters: [lake]}
"""


def test_without_pipelines_all_signals_are_taken_in() -> None:
    """Traces, logs and metrics have a pipeline unless the file says otherwise; genai is in one."""
    pipelines = Settings().service.pipelines
    assert pipelines.traces is not None
    assert pipelines.logs is not None
    assert pipelines.traces.processors == ("memory_limiter", "genai")
    assert pipelines.logs.processors == ("memory_limiter",)
    assert pipelines.metrics is not None
    assert pipelines.metrics.model_dump() == pipelines.logs.model_dump()


def test_a_signal_without_a_pipeline_is_off(load: Callable[[str], Settings]) -> None:
    """A file that lists its pipelines lists all there are."""
    pipelines = load(LOGS_ONLY).service.pipelines
    assert pipelines.traces is None
    assert pipelines.logs is not None
    assert pipelines.metrics is None


def test_a_pipeline_has_the_processors_it_names(load: Callable[[str], Settings]) -> None:
    """A pipeline without processors has none, as in the Collector, although some are defined."""
    text = "service: {pipelines: {traces: {receivers: [otlp], exporters: [lake]}}}"
    traces = load(text).service.pipelines.traces
    assert traces is not None
    assert traces.processors == ()


def test_a_section_that_is_tuned_leaves_the_default_pipelines(
    load: Callable[[str], Settings],
) -> None:
    """A file that only sets a limit keeps the default pipelines, with genai."""
    settings = load("processors: {memory_limiter: {limit_mib: 9}}")
    assert settings.processors.memory_limiter.limit_mib == 9
    assert settings.service == Settings().service


@pytest.mark.parametrize(
    ("pipelines", "subject", "rule"),
    [
        (
            "traces: {receivers: [otlp], processors: [batch], exporters: [lake]}",
            "traces.processors.0 is batch",
            (
                "must be one of the processors; remove it (known here: memory_limiter, "
                "probabilistic_sampler, redact, genai, tail_sampling)"
            ),
        ),
        (
            "traces: {receivers: [otlp/second], exporters: [lake]}",
            "traces.receivers.0 is otlp/second",
            "must be a type without a name of its own; use otlp",
        ),
        (
            "traces: {receivers: [otlp], exporters: [lake, debug]}",
            "traces.exporters.1 is debug",
            "must be one of the exporters; remove it (known here: lake, otlp, otlphttp)",
        ),
        (
            "logs: {receivers: [otlp], processors: [genai], exporters: [lake]}",
            "logs.processors.0 is genai",
            "must be in the traces pipeline only; remove it here",
        ),
        (
            "metrics: {receivers: [otlp], processors: [genai], exporters: [lake]}",
            "metrics.processors.0 is genai",
            "must be in the traces pipeline only; remove it here",
        ),
        (
            "traces: {receivers: [otlp], processors: [genai, memory_limiter], exporters: [lake]}",
            "traces.processors is [genai, memory_limiter]",
            "must have memory_limiter first; move it to the front",
        ),
        (
            (
                "traces: {receivers: [otlp], processors: [genai, probabilistic_sampler], "
                "exporters: [lake]}"
            ),
            "traces.processors is [genai, probabilistic_sampler]",
            (
                "must have probabilistic_sampler before genai, which is spared what is left out; "
                "move probabilistic_sampler in front of it"
            ),
        ),
        (
            (
                "logs: {receivers: [otlp], processors: [redact, probabilistic_sampler], "
                "exporters: [lake]}"
            ),
            "logs.processors is [redact, probabilistic_sampler]",
            (
                "must have probabilistic_sampler before redact, which is spared what is left out; "
                "move probabilistic_sampler in front of it"
            ),
        ),
        (
            "metrics: {receivers: [otlp], processors: [probabilistic_sampler], exporters: [lake]}",
            "metrics.processors.0 is probabilistic_sampler",
            (
                "must be in the traces and logs pipelines only; "
                "remove it here: data points are of no trace"
            ),
        ),
        (
            "traces: {receivers: [otlp], processors: [tail_sampling, genai], exporters: [lake]}",
            "traces.processors is [tail_sampling, genai]",
            "must have tail_sampling last, which judges what is stored; move it to the end",
        ),
        (
            "logs: {receivers: [otlp], processors: [tail_sampling], exporters: [lake]}",
            "logs.processors.0 is tail_sampling",
            "must be in the traces pipeline only; remove it here",
        ),
        (
            "traces: {receivers: [otlp], processors: [genai, genai], exporters: [lake]}",
            "traces.processors is [genai, genai]",
            "must not name a component twice; remove one of the two",
        ),
        (
            "traces: {receivers: [otlp, otlp], exporters: [lake]}",
            "traces.receivers is [otlp, otlp]",
            "must not name a component twice; remove one of the two",
        ),
        (
            "traces: {receivers: [], exporters: [lake]}",
            "traces.receivers is []",
            "must not be empty; set it to [otlp]",
        ),
        (
            "traces: {receivers: [otlp]}",
            "traces.exporters is missing",
            "must be given; add `exporters: [lake]`",
        ),
        (
            "traces: {receivers: otlp, exporters: [lake]}",
            "traces.receivers is otlp",
            "must be a list; set it to [otlp]",
        ),
        (
            "traces: {receivers: [otlp], processors: , exporters: [lake]}",
            "traces.processors is empty",
            "must be a list; set it to [memory_limiter, genai] or remove the line",
        ),
        (
            "traces:",
            "traces.receivers is missing",
            "must be given; add `receivers: [otlp]` (and 1 more)",
        ),
        (
            "traces/2: {receivers: [otlp], exporters: [lake]}",
            "traces/2 is a named component",
            "must be a type without a name of its own; use traces",
        ),
        (
            "profiles: {receivers: [otlp], exporters: [lake]}",
            "profiles is not a known key",
            "remove it (known here: traces, logs, metrics)",
        ),
    ],
)
def test_a_wrong_pipeline_is_refused(
    load: Callable[[str], Settings], pipelines: str, subject: str, rule: str
) -> None:
    """A pipeline that cannot be built is refused, with what to change in it."""
    with pytest.raises(ConfigError) as caught:
        load(f"service:\n  pipelines:\n    {pipelines}\n")
    assert str(caught.value) == f"otel-config.yaml:3: service.pipelines.{subject}: {rule}"


@pytest.mark.parametrize(("written", "shown"), [("pipelines:", "empty"), ("pipelines: {}", "{}")])
def test_no_pipeline_at_all_is_refused(
    load: Callable[[str], Settings], written: str, shown: str
) -> None:
    """A server that takes nothing in is refused."""
    with pytest.raises(ConfigError) as caught:
        load(f"service:\n  {written}\n")
    assert str(caught.value) == (
        f"otel-config.yaml:2: service.pipelines is {shown}: must have one of traces, logs and "
        "metrics; add one, or remove pipelines: for the defaults"
    )


@pytest.mark.parametrize(
    ("section", "subject", "rule"),
    [
        (
            "processors: {memory_limiter: }",
            "traces.processors.1 is genai",
            "must be defined under processors; add `genai:` there, or remove it here",
        ),
        (
            "receivers: {}",
            "traces.receivers.0 is otlp",
            "must be defined under receivers; add `otlp:` there, or remove it here",
        ),
        (
            "exporters: {}",
            "traces.exporters.0 is lake",
            "must be defined under exporters; add `lake:` there, or remove it here",
        ),
    ],
)
def test_a_component_has_to_be_defined_where_its_kind_is(
    load: Callable[[str], Settings], section: str, subject: str, rule: str
) -> None:
    """A pipeline cannot name what the file's own section for its kind does not list."""
    traces = "{receivers: [otlp], processors: [memory_limiter, genai], exporters: [lake]}"
    with pytest.raises(ConfigError) as caught:
        load(f"{section}\nservice:\n  pipelines:\n    traces: {traces}\n")
    assert str(caught.value) == f"otel-config.yaml:4: service.pipelines.{subject}: {rule}"


def test_a_component_may_be_defined_and_not_used(load: Callable[[str], Settings]) -> None:
    """A component that no pipeline names is no mistake."""
    settings = load(f"processors: {{genai: , memory_limiter: }}\n{LOGS_ONLY}")
    assert settings.processors.genai.prices
