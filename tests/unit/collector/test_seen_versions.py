"""The versions of apps that rows of spans are of."""

from pathlib import Path
from typing import Any

import pytest
from rows import Row, span, table_of
from server import wait_until

from spanlake.collector.catalog_sync import CatalogSync
from spanlake.collector.seen_versions import seen_versions
from spanlake.entities.git import GitState
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.version import SeenVersion
from spanlake.storage.catalog.versions import list_versions
from spanlake.storage.schema import LOGS, SPANS


def seen(*rows: Row) -> list[SeenVersion]:
    return seen_versions(table_of(rows, SPANS))


def test_what_spans_say_of_a_version() -> None:
    """The first span of a version says how it was made; a span goes before its resource."""
    attributes: dict[str, Any] = {
        "app_version": "v1",
        "attributes": [
            ("vcs.ref.head.revision", "9f3c"),
            ("spanlake.app_version.is_dirty", "false"),
            ("spanlake.app_version.param.model", "gpt-4o"),
        ],
        "resource": [
            ("vcs.ref.head.revision", "other"),
            ("vcs.ref.head.name", "main"),
            ("vcs.repository.url.full", "https://example.com/app.git"),
            ("service.name", "app"),
        ],
    }
    (found,) = seen(span("a", **attributes), span("b", app_version="v1"))
    git = GitState("9f3c", "main", is_dirty=False, repository="https://example.com/app.git")
    assert found == SeenVersion(
        experiment="default", name="v1", git=git, params={"model": "gpt-4o"}
    )


def test_each_once_by_experiment() -> None:
    """A version is of an experiment; rows without one, or without a version, name none."""
    found = seen(
        span("a"),
        span("b", app_version="v1"),
        span("c", app_version="v1"),
        span("d", app_version="v2"),
        span("e", app_version="v1", experiment="other"),
        span("f", app_version="v3", experiment=None),
    )
    assert sorted((each.experiment, each.name) for each in found) == [
        ("default", "v1"),
        ("default", "v2"),
        ("other", "v1"),
    ]
    assert seen(span("a")) == []
    assert seen_versions(LOGS.empty_table()) == []


def test_invented_versions_are_not_all_told() -> None:
    """Of rows with a version each, some hundred at most are told."""
    assert len(seen(*(span(str(n), app_version=f"v{n}") for n in range(300)))) == 100


@pytest.mark.parametrize("hostile", [None, [], [("vcs.ref.head.revision", None)], [("", "")]])
def test_strange_attributes(hostile: object) -> None:
    """Whatever else a span has, its version is seen."""
    (found,) = seen(span("a", app_version="v", attributes=hostile, resource=hostile))
    assert (found.name, found.git, found.params) == ("v", GitState(), {})


def test_what_is_seen_is_in_the_catalog(tmp_path: Path) -> None:
    """Versions that are seen, once or often, are in the catalog soon, and in a new one again."""
    location = default_location(tmp_path)
    v1, v2 = (SeenVersion(experiment="e", name=name) for name in ("v1", "v2"))
    sync = CatalogSync(location, seconds=0.01)
    sync.start()
    try:
        sync.saw(["e"], [v1])
        sync.saw(["e"], [v1, v2])

        def names() -> list[str]:
            with Catalog.open(location) as catalog:
                return sorted(each.name for each in list_versions(catalog, experiment="e"))

        wait_until(lambda: names() == ["v1", "v2"])
        for file in tmp_path.glob("catalog.sqlite*"):
            file.unlink()
        wait_until(lambda: location.exists and names() == ["v1", "v2"])
    finally:
        sync.stop()
