import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spanlake.errors import UserError
from spanlake.instrumentation.instrumentor_table import instrumentor_table
from spanlake.instrumentation.instrumentors import Choice, instrument

MODULE = """
class DependencyConflictError(Exception):
    pass

class Instrumentor:
    _instance = None
    is_instrumented_by_opentelemetry = False
    def __new__(cls):
        cls._instance = cls._instance or object.__new__(cls)
        return cls._instance
    def instrument(self, raise_exception_on_conflict=False):
        {body}
        self.is_instrumented_by_opentelemetry = True
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with an instrumentor of a library, as pip would lay it out."""
    for name in {*instrumentor_table().content, *instrumentor_table().no_content}:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)  # so that what is set meanwhile goes with the test
    monkeypatch.delenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    modules: list[str] = []

    def install(distribution: str, library: str, body: str = "pass") -> None:
        module = distribution.replace("-", "_")
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(MODULE.format(body=body), "utf-8")
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {distribution}\nVersion: 1.0\n", "utf-8")
        points = f"[opentelemetry_instrumentor]\n{library} = {module}:Instrumentor\n"
        (info / "entry_points.txt").write_text(points, "utf-8")

    yield install
    for module in modules:
        sys.modules.pop(module, None)


def is_on(distribution: str) -> bool:
    module = sys.modules.get(distribution.replace("-", "_"))
    return module is not None and bool(module.Instrumentor().is_instrumented_by_opentelemetry)


GENAI = "opentelemetry-instrumentation-genai-openai"
OPENINFERENCE = "openinference-instrumentation-openai"
OPENLLMETRY = "opentelemetry-instrumentation-openai"
CONTRIB = "opentelemetry-instrumentation-openai-v2"


def choose(
    only: tuple[str, ...] | None = ("openai",), exclude: tuple[str, ...] = ()
) -> list[Choice]:
    return instrument(only=only, exclude=exclude, records_content=True)


def test_one_instrumentor_a_library(install: Install) -> None:
    """Of several instrumentors of a library one is switched on, and the choice has its reason."""
    for distribution in (OPENLLMETRY, OPENINFERENCE, GENAI):
        install(distribution, "openai")
    install(CONTRIB, "openai-v2")
    (choice,) = choose()
    assert str(choice).startswith(
        f"openai: {GENAI}, not {OPENINFERENCE} or {OPENLLMETRY} or {CONTRIB}: it writes the current"
    )
    assert [is_on(each) for each in (GENAI, OPENINFERENCE, OPENLLMETRY, CONTRIB)] == [
        True, False, False, False,
    ]  # fmt: skip


def test_libraries_with_an_order_of_their_own(install: Install) -> None:
    """Where the family that is best else has no model calls, another one is taken."""
    install("opentelemetry-instrumentation-genai-llama-index", "llama-index")
    install("openinference-instrumentation-llama-index", "llama_index")
    (choice,) = choose(("llama-index",))
    assert choice.distribution == "openinference-instrumentation-llama-index"
    assert "no spans for calls of models" in str(choice)


def test_one_that_does_not_fit_or_fails(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    """What is of another version is passed over quietly, what breaks with a line in the log."""
    install(GENAI, "openai", "raise DependencyConflictError('openai 0.1')")
    install(OPENINFERENCE, "openai", "raise ImportError('no module')")
    install(OPENLLMETRY, "openai")
    with caplog.at_level(logging.WARNING):
        (choice,) = choose()
    assert choice == Choice("openai", OPENLLMETRY, (), "it is the one there is")
    (record,) = caplog.records
    assert f"{OPENINFERENCE} does not work here" in record.getMessage()


def test_nothing_that_works(install: Install) -> None:
    """A library that is not installed is not traced, and that is no mistake."""
    install(GENAI, "openai", "raise DependencyConflictError('openai is missing')")
    assert choose() == []


def test_what_the_app_has_switched_on(install: Install) -> None:
    """An instrumentor that the app chose itself is the choice, however good another were."""
    install(GENAI, "openai")
    install(OPENLLMETRY, "openai")
    __import__(OPENLLMETRY.replace("-", "_")).Instrumentor().instrument()
    (choice,) = choose()
    assert choice.distribution == OPENLLMETRY
    assert not is_on(GENAI)


def test_libraries_to_leave_alone(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is excluded by argument or by OpenTelemetry's variable stays off, in any spelling."""
    install(GENAI, "openai")
    install("openinference-instrumentation-openai-agents", "openai_agents")
    assert choose(("openai", "openai-agents"), ("OpenAI",))[0].library == "openai_agents"
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "openai,openai_agents")
    assert choose(("openai", "openai-agents")) == []
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "*")
    assert choose(None) == []


def test_a_library_that_nothing_traces(install: Install) -> None:
    """Asking for a library without an instrumentor says what to install."""
    with pytest.raises(UserError, match=f"instrument has 'openai'.*pip install {GENAI}"):
        choose()
    install(GENAI, "openai")
    with pytest.raises(UserError, match=r"instrument has 'opnai'.*installed are: .*openai"):
        choose(("opnai",))


def test_content_is_asked_for(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instrumentors are told to record content, or not to, unless the user has told them."""
    variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    install(GENAI, "openai")
    choose()
    assert os.environ[variable] == "SPAN_ONLY"
    monkeypatch.setenv(variable, "EVENT_ONLY")
    instrument(only=("openai",), exclude=(), records_content=False)
    assert os.environ[variable] == "EVENT_ONLY"
    assert os.environ["OPENINFERENCE_HIDE_INPUTS"] == "true"
