"""`spanlake.datasets`: datasets as Python code has them, with the names of MLflow's."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spanlake.entities import Trace
from spanlake.errors import UserError
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.scorers.sample import Sample
from spanlake.storage.catalog import datasets as catalog_datasets
from spanlake.storage.catalog.dataset_merge import delete_records as delete_from
from spanlake.storage.catalog.dataset_merge import merge_records as merge_into
from spanlake.storage.catalog.dataset_record import (
    DatasetRecord,
    NewRecord,
    RecordSource,
    read_record,
    read_records,
)
from spanlake.storage.catalog.dataset_splits import assign_splits
from spanlake.storage.catalog.dataset_versions import (
    DatasetAt,
    DatasetVersion,
    RecordChange,
    at_version,
    diff_versions,
    find_dataset,
    iter_records,
    list_versions,
)
from spanlake.storage.catalog.json_text import json_value
from spanlake.storage.datasets.rows import RecordColumns, frame_rows, is_frame
from spanlake.storage.datasets.traces import records_from_traces
from spanlake.storage.files.state import make_root
from spanlake.storage.query import query_errors
from spanlake.storage.traces import TraceFilter

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import polars as pl

    from spanlake.storage.catalog.catalog import Catalog

__all__ = [
    "EvaluationDataset",
    "create_dataset",
    "delete_dataset",
    "get_dataset",
    "search_datasets",
    "set_dataset_tags",
]


class EvaluationDataset:
    """A dataset at a version. What changes it makes a new version, which this object then is at.

    Reading it reads its version, however the dataset is changed elsewhere meanwhile.
    """

    def __init__(self, place: Place, at: DatasetAt) -> None:
        self._place = place
        self._at = at

    def __repr__(self) -> str:
        return f"EvaluationDataset({str(self._at)!r}, {self._at.record_count} records)"

    @property
    def at(self) -> DatasetAt:
        """The dataset and its version as the catalog has them."""
        return self._at

    @property
    def dataset_id(self) -> str:
        """The id, which never changes."""
        return self._at.dataset.dataset_id

    @property
    def name(self) -> str:
        """The name, which no other dataset has."""
        return self._at.dataset.name

    @property
    def version(self) -> int:
        """The number of the version; 0 has no records."""
        return self._at.version

    @property
    def digest(self) -> str:
        """SHA-256 of what the records say, in hex: equal content has an equal digest."""
        return self._at.digest

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the dataset, whichever the version."""
        return dict(self._at.dataset.tags)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schemas of inputs and expectations, where there are any."""
        dataset = self._at.dataset
        schemas = {"inputs": dataset.inputs_schema, "expectations": dataset.expectations_schema}
        return {part: json_value(text) for part, text in schemas.items() if text is not None}

    @property
    def profile(self) -> dict[str, int]:
        """How many records there are."""
        return {"num_records": self._at.record_count}

    @property
    def records(self) -> list[DatasetRecord]:
        """All records, in the order they came."""
        return list(self.iter_records())

    def __len__(self) -> int:
        return self._at.record_count

    def __iter__(self) -> Iterator[DatasetRecord]:
        return self.iter_records()

    def iter_records(self, *, split: str | None = None) -> Iterator[DatasetRecord]:
        """The records, or those of a split, a few thousand in memory at a time."""
        with self._place.open_catalog() as catalog:
            yield from iter_records(catalog, self._at, split=split)

    def merge_records(
        self,
        records: Any,  # noqa: ANN401  # see below
        *,
        columns: RecordColumns | None = None,
        note: str | None = None,
    ) -> "EvaluationDataset":
        """Add records, all or none; those whose inputs are there already are merged into these.

        records: mappings with inputs, and outputs, expectations, tags, split or source; a
        DataFrame (pandas, polars, Arrow), whose `columns` may say which is what; or Traces, whose
        expectations come along. Raises UserError for a record that is none.
        """
        new = _new_records(records, columns)
        self._change(lambda catalog: merge_into(catalog, self.dataset_id, new, note=note))
        return self

    def merge_traces(
        self,
        where: str | None = None,
        *,
        sessions: bool = False,
        sample: float = 1.0,
        limit: int | None = None,
    ) -> "EvaluationDataset":
        """Add stored traces, or whole sessions, with what was expected of them.

        where: an SQL condition on the columns of `traces`. sample: the share to take.
        """
        with self._place.open_lake() as lake:
            new = records_from_traces(
                lake,
                TraceFilter(where=where),
                granularity="session" if sessions else "trace",
                sample=sample,
                limit=limit,
            )
            self._change(lambda catalog: merge_into(catalog, self.dataset_id, new))
        return self

    def delete_records(self, record_ids: Sequence[str]) -> int:
        """Take records out, as a new version; how many there were."""
        return int(self._change(lambda catalog: delete_from(catalog, self.dataset_id, record_ids)))

    def assign_splits(self, **weights: float) -> "EvaluationDataset":
        """Give every record a split, such as train=0.8, test=0.2; by its inputs, so it keeps it."""
        self._change(lambda catalog: assign_splits(catalog, self.dataset_id, weights))
        return self

    def list_versions(self) -> list[DatasetVersion]:
        """The versions, oldest first."""
        with self._place.open_catalog() as catalog:
            return list_versions(catalog, self.dataset_id)

    def diff(self, before: int, after: int | None = None) -> list[RecordChange]:
        """What is different in the records of a version, by default this one, since another."""
        with self._place.open_catalog() as catalog:
            newer = self.version if after is None else after
            return diff_versions(catalog, self._at.dataset, before, newer)

    def to_df(self) -> "pd.DataFrame":
        """All records as a pandas DataFrame; inputs, expectations and tags are dicts."""
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=_COLUMNS)

    def to_pl(self) -> "pl.DataFrame":
        """All records as a polars DataFrame; inputs, outputs, expectations and tags are objects."""
        import polars as pl

        rows = self._rows()
        columns = {name: [row[name] for row in rows] for name in _COLUMNS}
        objects = dict.fromkeys(("inputs", "outputs", "expectations", "tags", "source"), pl.Object)
        return pl.DataFrame(columns, schema_overrides=objects)

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {
                "dataset_record_id": each.record_id,
                "inputs": each.inputs,
                "outputs": each.outputs,
                "expectations": each.expectations,
                "tags": each.tags,
                "split": each.split,
                "source_type": each.source.source_type,
                "source": {
                    "trace_id": each.source.trace_id,
                    "span_id": each.source.span_id,
                    "session_id": each.source.session_id,
                },
                "created_time": each.created_at,
                "last_update_time": each.updated_at,
            }
            for each in self.iter_records()
        ]

    def _change(self, change: "Callable[[Catalog], Any]") -> Any:  # noqa: ANN401  # what it returns
        with self._place.open_catalog() as catalog:
            result = change(catalog)
            found = catalog_datasets.get_dataset(catalog, self.dataset_id)
            self._at = at_version(catalog, found, None)
        return result


_COLUMNS = [
    "dataset_record_id",
    "inputs",
    "outputs",
    "expectations",
    "tags",
    "split",
    "source_type",
    "source",
    "created_time",
    "last_update_time",
]


def create_dataset(  # noqa: PLR0913  # all that can be said of one
    name: str,
    *,
    experiment: str | None = None,
    description: str | None = None,
    tags: Mapping[str, Any] | None = None,
    inputs_schema: dict[str, Any] | None = None,
    expectations_schema: dict[str, Any] | None = None,
    data: "str | Path | None" = None,
) -> EvaluationDataset:
    """Make a dataset of a name that none has.

    inputs_schema, expectations_schema: JSON schemas that records are held to. data: the data
    directory. UserError.
    """
    place = Place.of(data)
    make_root(place.root)
    with place.open_catalog() as catalog:
        made = catalog_datasets.create_dataset(
            catalog,
            name,
            description=description,
            experiment=experiment,
            tags=tags,
            inputs_schema=inputs_schema,
            expectations_schema=expectations_schema,
        )
        return EvaluationDataset(place, at_version(catalog, made, None))


def get_dataset(
    name: str | None = None,
    *,
    dataset_id: str | None = None,
    version: int | None = None,
    data: "str | Path | None" = None,
) -> EvaluationDataset:
    """A dataset by its name, NAME@VERSION, or id. Raises NotFoundError, UserError."""
    reference = name or dataset_id
    if reference is None or (name and dataset_id):
        raise UserError(
            f"name is {name!r} and dataset_id is {dataset_id!r}: must be one of the two"
        )
    place = Place.of(data)
    with place.open_catalog() as catalog:
        if version is None:
            return EvaluationDataset(place, find_dataset(catalog, reference))
        found = catalog_datasets.get_dataset(catalog, reference)
        return EvaluationDataset(place, at_version(catalog, found, version))


def search_datasets(
    filter_string: str | None = None,
    *,
    max_results: int | None = None,
    order_by: str = "name",
    data: "str | Path | None" = None,
) -> list[EvaluationDataset]:
    """The datasets that meet an SQL condition on the columns of the view `datasets`.

    filter_string: such as "name LIKE 'support%' AND tags['team'] = 'qa'". Raises UserError.
    """
    place = Place.of(data)
    with place.open_lake() as lake:
        query = f"SELECT name FROM datasets WHERE ({filter_string or 'true'}) ORDER BY {order_by}"  # noqa: S608  # the user's own
        with query_errors(lake, filter_string or order_by, flag="filter_string"):
            names = [name for (name,) in lake.rows(query)][:max_results]
    with place.open_catalog() as catalog:
        return [EvaluationDataset(place, find_dataset(catalog, name)) for name in names]


def delete_dataset(name: str, *, data: "str | Path | None" = None) -> None:
    """Remove a dataset with all its versions, by its name or id. Raises NotFoundError."""
    with Place.of(data).open_catalog() as catalog:
        catalog_datasets.delete_dataset(catalog, name)


def set_dataset_tags(
    name: str, tags: Mapping[str, Any], *, data: "str | Path | None" = None
) -> EvaluationDataset:
    """Set tags of a dataset; the value None removes one. Raises NotFoundError, UserError."""
    place = Place.of(data)
    with place.open_catalog() as catalog:
        changed = catalog_datasets.set_dataset_tags(catalog, name, tags)
        return EvaluationDataset(place, at_version(catalog, changed, None))


def _new_records(records: Any, columns: RecordColumns | None) -> Iterable[NewRecord]:  # noqa: ANN401
    if is_frame(records):
        return read_records(frame_rows(records, columns or RecordColumns()))
    if isinstance(records, Mapping | str) or not isinstance(records, Iterable):
        raise UserError(
            f"records is of type {type(records).__name__}: must be a list of mappings with inputs, "
            "a DataFrame, or a list of traces"
        )
    return (
        _of_trace(each) if isinstance(each, Trace) else read_record(each, f"record {number}")
        for number, each in enumerate(records, start=1)
    )


def _of_trace(trace: Trace) -> NewRecord:
    sample = Sample.of_trace(trace)
    is_object = isinstance(sample.inputs, dict) and sample.inputs
    span_id = None if trace.root is None else trace.root.span_id
    source = RecordSource("TRACE", trace.trace_id, span_id, trace.session_id)
    row: dict[str, Any] = {
        "inputs": sample.inputs if is_object else {"input": sample.inputs},
        "expectations": sample.expectations,
        "source": source,
    }
    if sample.outputs is not None:
        row["outputs"] = sample.outputs
    return read_record(row, f"the trace {trace.trace_id}")
