"""What the API and the pages have in common: the lake to ask, and the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from spanlake.access.access import Access
from spanlake.storage.append import Appender
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import Location
from spanlake.storage.layout import Layout
from spanlake.web.lake_pool import LakePool
from spanlake.web.sql_process.processes import SqlProcesses


@dataclass(frozen=True, slots=True)
class Services:
    """What a handler works with. Use it in a with statement.

    lakes: threads with a lake each. queries: processes for strangers' SQL. assessments: where what
    is said is written.
    allowed_origins: of the web sites whose pages may send feedback from a browser; `*` is any.
    access: who is let in.
    """

    root: Path
    location: Location
    lakes: LakePool
    queries: SqlProcesses
    assessments: Appender
    allowed_origins: tuple[str, ...]
    access: Access

    @classmethod
    def of(
        cls,
        root: Path,
        location: Location,
        *,
        allowed_origins: Sequence[str],
        is_local: bool,
        access: Access | None = None,
    ) -> Self:
        """The services of a server over a data directory, which is there.

        access: None is anybody; then with is_local they come by a name of this machine.
        """
        lakes = LakePool(root, location)
        return cls(
            root=root,
            location=location,
            lakes=lakes,
            queries=SqlProcesses(root, lakes),
            assessments=Appender(Layout(root), "assessments"),
            allowed_origins=tuple(allowed_origins),
            access=access or Access.open(is_local=is_local),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.lakes.close()
        self.assessments.close()

    def catalog(self) -> Catalog:
        """The catalog; opening it costs milliseconds, and closing it is the caller's."""
        return Catalog.open(self.location)
