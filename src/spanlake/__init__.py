"""Spanlake: the lakehouse for GenAI traces."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from spanlake import datasets, judges, labeling, scorers
    from spanlake.entities import AssessmentError, AssessmentSource, Expectation, Feedback
    from spanlake.evaluation.compare_runs import compare_runs, gate_run
    from spanlake.evaluation.evaluate import evaluate
    from spanlake.evaluation.harness.data import StoredTraces
    from spanlake.evaluation.labels.session import create_label_schema, create_labeling_session
    from spanlake.evaluation.marked_test import test
    from spanlake.evaluation.score import score
    from spanlake.evaluation.scorers.decorator import scorer
    from spanlake.evaluation.scorers.judges.instructed import make_judge
    from spanlake.instrumentation.app_version import set_app_version
    from spanlake.instrumentation.assessments import (
        delete_assessment,
        log_expectation,
        log_feedback,
        override_feedback,
    )
    from spanlake.instrumentation.current_trace import get_current_trace_id, update_current_trace
    from spanlake.instrumentation.decorator import trace
    from spanlake.instrumentation.live_span import span
    from spanlake.instrumentation.propagation import continue_trace, in_context, trace_headers
    from spanlake.instrumentation.setup import flush, init
    from spanlake.storage.lake import Lake
    from spanlake.storage.versions.external import create_external_version

    __version__: str

__all__ = [
    "AssessmentError",
    "AssessmentSource",
    "Expectation",
    "Feedback",
    "StoredTraces",
    "__version__",
    "compare_runs",
    "connect",
    "continue_trace",
    "create_external_version",
    "create_label_schema",
    "create_labeling_session",
    "datasets",
    "delete_assessment",
    "evaluate",
    "flush",
    "gate_run",
    "get_current_trace_id",
    "in_context",
    "init",
    "judges",
    "labeling",
    "log_expectation",
    "log_feedback",
    "make_judge",
    "override_feedback",
    "score",
    "scorer",
    "scorers",
    "set_app_version",
    "span",
    "test",
    "trace",
    "trace_headers",
    "update_current_trace",
]

# Where each name is; none of these modules is loaded before it is asked for.
_HOMES = {
    "AssessmentError": "spanlake.entities",
    "AssessmentSource": "spanlake.entities",
    "Expectation": "spanlake.entities",
    "Feedback": "spanlake.entities",
    "StoredTraces": "spanlake.evaluation.harness.data",
    "compare_runs": "spanlake.evaluation.compare_runs",
    "continue_trace": "spanlake.instrumentation.propagation",
    "create_external_version": "spanlake.storage.versions.external",
    "create_label_schema": "spanlake.evaluation.labels.session",
    "create_labeling_session": "spanlake.evaluation.labels.session",
    "delete_assessment": "spanlake.instrumentation.assessments",
    "evaluate": "spanlake.evaluation.evaluate",
    "flush": "spanlake.instrumentation.setup",
    "gate_run": "spanlake.evaluation.compare_runs",
    "get_current_trace_id": "spanlake.instrumentation.current_trace",
    "in_context": "spanlake.instrumentation.propagation",
    "init": "spanlake.instrumentation.setup",
    "log_expectation": "spanlake.instrumentation.assessments",
    "log_feedback": "spanlake.instrumentation.assessments",
    "make_judge": "spanlake.evaluation.scorers.judges.instructed",
    "override_feedback": "spanlake.instrumentation.assessments",
    "score": "spanlake.evaluation.score",
    "scorer": "spanlake.evaluation.scorers.decorator",
    "set_app_version": "spanlake.instrumentation.app_version",
    "span": "spanlake.instrumentation.live_span",
    "test": "spanlake.evaluation.marked_test",
    "trace": "spanlake.instrumentation.decorator",
    "trace_headers": "spanlake.instrumentation.propagation",
    "update_current_trace": "spanlake.instrumentation.current_trace",
}
# Modules that are used as attributes, without an import of their own.
_MODULES = ("datasets", "judges", "labeling", "scorers")


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever the name stands for
    """Load a name of the package when it is first used."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("spanlake")
    elif name in _MODULES:
        value = import_module(f"spanlake.{name}")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'spanlake' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def connect(data: "str | Path | None" = None, *, as_of: "datetime | None" = None) -> "Lake":
    """Open a data directory, s3://BUCKET/PREFIX, or the lake of a server at http://HOST:PORT.

    Without one, $SPANLAKE_DATA or ./spanlake-data. A server is asked over HTTP, with the key in
    $SPANLAKE_KEY: `sql`, `traces`, `trace`, `session` and feedback; the rest needs its data.

    as_of: only what had been received by then is there. Servers may be writing to the directory.
    Raises NotFoundError when there is none.
    """
    from spanlake.config import catalog_url, data_path
    from spanlake.errors import UserError
    from spanlake.storage.catalog.location import Location
    from spanlake.storage.files.object_path import path_of
    from spanlake.storage.lake import Lake

    place = data_path(None if data is None else str(data))
    if place.startswith(("http://", "https://")):
        from spanlake.storage.remote.lake import RemoteLake

        if as_of is not None:
            raise UserError(
                f"as_of is {as_of}: must not be said of a server; write the time into the query"
            )
        return cast("Lake", RemoteLake(place))  # what it lacks, it says
    url = catalog_url()
    catalog = None if url is None else Location.of_url(url)
    return Lake(path_of(place), catalog, as_of=as_of)
