"""The pytest plugin behind `@spanlake.test`; pytest finds it by its entry point.

It is loaded into every pytest of an environment with Spanlake, so it loads nothing heavy, and does
nothing, before the first marked test runs.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from spanlake.evaluation.marked_test import CURRENT, is_marked
from spanlake.evaluation.marked_test import test as marker

if TYPE_CHECKING:
    from spanlake.evaluation.pytest_run import PytestRun, RunSummary

_Report = Generator[None, pytest.TestReport, pytest.TestReport]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the run goes."""
    group = parser.getgroup("spanlake", "tests marked with @spanlake.test")
    group.addoption(
        "--spanlake-data",
        metavar="DIR",
        help="The data directory for their run; SPANLAKE_DATA or ./spanlake-data without.",
    )
    group.addoption("--spanlake-run", metavar="NAME", help="The name of their run.")
    group.addoption(
        "--no-spanlake", action="store_true", help="Run them as plain tests, and keep nothing."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Watch the tests, unless told not to."""
    if not config.getoption("--no-spanlake"):
        config.pluginmanager.register(MarkedTests(config), "spanlake-tests")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(obj: object) -> list[pytest.Item] | None:
    """Leave `test` itself alone where a test module has imported it by its bare name."""
    return [] if obj is marker else None


class MarkedTests:
    """The marked tests of a session, recorded in one run that begins with the first of them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._run: PytestRun | None = None
        self._summary: RunSummary | None = None
        self._problem: str | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None]:
        """Let the body of a marked test know where its trace goes."""
        run = self._begun() if _is_marked(item) else None
        if run is not None:
            CURRENT.test = run.begin(item.nodeid, _case(item))
        try:
            yield
        finally:
            CURRENT.test = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> _Report:
        """Keep how it ended. A test that was skipped, or failed as expected, has no verdict."""
        report = yield
        ended = report.when == "call" or (report.when == "setup" and report.failed)
        if ended and not report.skipped and _is_marked(item):
            run = self._begun()
            if run is not None:
                self._keep(run, report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """End the run."""
        run, self._run = self._run, None
        if run is None:
            return
        try:
            self._summary = run.finish(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
        except Exception as error:  # noqa: BLE001  # what is kept must not decide what passes
            self._give_up(error)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the run is, or why there is none."""
        if self._problem is not None:
            terminalreporter.section("spanlake")
            terminalreporter.line(f"The marked tests were not recorded: {self._problem}")
        elif self._summary is not None:
            summary = self._summary
            terminalreporter.section("spanlake")
            terminalreporter.line(
                f"{summary.passed} of {summary.total} marked tests passed; run {summary.name}, "
                f"{summary.run_id} in {summary.data}"
            )
            if summary.previous is not None:
                terminalreporter.line(
                    f"spanlake runs compare {summary.previous} {summary.run_id} "
                    f"--data {summary.data}"
                )

    def _begun(self) -> "PytestRun | None":
        """The run, begun when it is first needed; None if it cannot be kept."""
        if self._run is None and self._problem is None:
            from spanlake.evaluation.pytest_run import PytestRun

            try:
                self._run = PytestRun(
                    self._config.getoption("--spanlake-data"),
                    self._config.getoption("--spanlake-run"),
                )
            except Exception as error:  # noqa: BLE001  # as above
                self._give_up(error)
        return self._run

    def _keep(self, run: "PytestRun", report: pytest.TestReport) -> None:
        message = None
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            message = crash.message if crash is not None else str(report.longrepr)
        try:
            run.end(
                report.nodeid,
                passed=report.passed,
                is_error=report.when == "setup",
                message=message,
                seconds=report.duration,
            )
        except Exception as error:  # noqa: BLE001  # as above
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._run, self._problem = None, f"{type(error).__name__}: {error}"


def _is_marked(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and is_marked(item.function)


def _case(item: pytest.Item) -> str | None:
    """The id that pytest gives to a set of parameters."""
    callspec = getattr(item, "callspec", None)
    return None if callspec is None else str(callspec.id)
