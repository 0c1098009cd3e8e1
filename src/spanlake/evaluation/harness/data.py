"""What users give to be evaluated, as rows: datasets, tables, lists, traces and earlier runs."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from spanlake.entities import Trace
from spanlake.errors import UserError
from spanlake.evaluation.datasets import EvaluationDataset, get_dataset
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.harness.row import ContentDigests, EvaluationData, EvaluationRow
from spanlake.evaluation.scorers.sample import Sample
from spanlake.storage.catalog.dataset_record import NewRecord, read_record, record_id_of
from spanlake.storage.catalog.dataset_versions import count_records
from spanlake.storage.catalog.json_text import json_text, json_value
from spanlake.storage.catalog.runs import get_run
from spanlake.storage.datasets.rows import frame_rows, is_frame
from spanlake.storage.query import query_errors
from spanlake.storage.runs.reading import iter_rows
from spanlake.storage.trace_reader.reader import load_traces
from spanlake.storage.traces import TraceFilter, matching_traces

_BATCH = 500
_PLAIN = frozenset({"inputs", "outputs", "expectations"})
_RUN = "run:"
# What rows of MLflow have beside those of a record.
_IGNORED = frozenset(
    {"trace", "request_id", "dataset_record_id", "created_time", "last_update_time"}
)


@dataclass(frozen=True, slots=True)
class StoredTraces:
    """Stored traces as what is evaluated.

    where: an SQL condition on the columns of `traces`, None for all. since: started then or later.
    limit: how many at most, the first ones.
    """

    where: str | None = None
    since: datetime | None = None
    limit: int | None = None


def read_data(data: Any, place: Place, *, split: str | None = None) -> EvaluationData:  # noqa: ANN401  # a kind each
    """The rows of a dataset or its name, a DataFrame, a list of mappings or traces, or a run.

    split: of a dataset, the only records to take. Raises UserError for anything else, and for rows
    that are none; NotFoundError for a name that nothing has.
    """
    is_dataset = isinstance(data, EvaluationDataset) or (
        isinstance(data, str) and not data.startswith(_RUN)
    )
    if split is not None and not is_dataset:
        raise UserError(f"split is {split!r}: only a dataset has splits; leave it out")
    run_id = getattr(data, "run_id", None)
    if isinstance(run_id, str):
        return _of_run(run_id, place)
    if isinstance(data, str) and data.startswith(_RUN):
        return _of_run(data.removeprefix(_RUN), place)
    if isinstance(data, str):
        return _of_dataset(get_dataset(data, data=place.root), place, split)
    if isinstance(data, EvaluationDataset):
        return _of_dataset(data, place, split)
    if isinstance(data, StoredTraces):
        return _of_traces(data, place)
    if is_frame(data):
        return _of_list(list(frame_rows(data)))
    if isinstance(data, Mapping) or not isinstance(data, Iterable):
        raise UserError(
            f"data is of type {type(data).__name__}: must be a dataset or its name, a DataFrame, a "
            "list of mappings with inputs, a list of traces, StoredTraces, or a run"
        )
    return _of_list(data if isinstance(data, Sequence) else list(data))


def _of_dataset(dataset: EvaluationDataset, place: Place, split: str | None) -> EvaluationData:
    with place.open_catalog() as catalog:
        count = count_records(catalog, dataset.at, split=split)

    def rows() -> Iterator[EvaluationRow]:
        for position, record in enumerate(dataset.iter_records(split=split)):
            source = record.source
            yield EvaluationRow(
                position=position,
                record_id=record.record_id,
                inputs=record.inputs,
                outputs=record.outputs,
                has_outputs=record.outputs is not None,
                expectations=record.expectations,
                tags=record.tags,
                split=record.split,
                session_id=source.session_id if source.trace_id is None else None,
            )

    named = f"dataset {dataset.at}" + (f", split {split}" if split is not None else "")
    return EvaluationData(rows=rows, count=count, dataset=dataset.at, description=named)


def _of_list(given: Sequence[Any]) -> EvaluationData:
    if given and all(isinstance(each, Trace) for each in given):
        return _of_trace_objects(given)

    # What is wrong with any row is said before the first costs anything.
    seen: Counter[str] = Counter()
    ids, answered = [], []
    for position, each in enumerate(given):
        record_id, has_answer = _glance(each, position)
        seen[record_id] += 1
        ids.append(_numbered(record_id, seen[record_id]))
        answered.append(has_answer)

    def rows_besides(done: Collection[str]) -> Iterator[EvaluationRow]:
        for position, (each, record_id) in enumerate(zip(given, ids, strict=True)):
            if record_id not in done:
                row = _of_mapping(each, position)
                yield row if row.record_id == record_id else _changed(row, record_id=record_id)

    return EvaluationData(
        rows=lambda: rows_besides(()),
        rows_besides=rows_besides,
        count=len(given),
        has_answers=bool(answered) and all(answered),
        description=f"{len(given):,} rows",
    )


def _glance(given: Any, position: int) -> tuple[str, bool]:  # noqa: ANN401  # what the user has
    """The record id of a row, and whether it has an answer. Raises UserError for what is none."""
    if (record_id := _plain_id(given)) is not None:
        return record_id, "outputs" in given
    trace = given.get("trace") if isinstance(given, Mapping) else given
    if isinstance(trace, Trace):
        return trace.trace_id, True
    record = _record(given, position)
    return record.record_id, record.has_outputs


def _plain_id(given: Any) -> str | None:  # noqa: ANN401  # what the user has
    """The record id of a row of plain JSON, of which nothing can be wrong; None for any other."""
    if type(given) is not dict or not given.keys() <= _PLAIN:
        return None
    inputs, expectations = given.get("inputs"), given.get("expectations")
    is_plain = type(inputs) is dict and inputs and "goal" not in inputs
    if not is_plain or not (expectations is None or type(expectations) is dict):
        return None
    try:
        json_text([given.get("outputs"), expectations], typed="a row")
        return record_id_of(json_text(inputs, typed="a row"))
    except UserError:
        return None


def _of_mapping(given: Any, position: int) -> EvaluationRow:  # noqa: ANN401  # what the user has
    if isinstance(given, Trace):
        return trace_row(given, position)
    if isinstance(given, Mapping) and isinstance(given.get("trace"), Trace):
        row = trace_row(given["trace"], position)
        expected = {**row.expectations, **(given.get("expectations") or {})}
        return _changed(row, expectations=expected)
    record = _record(given, position)
    return EvaluationRow(
        position=position,
        record_id=record.record_id,
        inputs=json_value(record.inputs),
        outputs=json_value(record.outputs),
        has_outputs=record.has_outputs,
        expectations=record.expectations,
        tags=record.tags,
        split=record.split,
    )


def _record(given: Any, position: int) -> NewRecord:  # noqa: ANN401  # what the user has
    plain = given
    if isinstance(given, Mapping) and not given.keys().isdisjoint(_IGNORED):
        plain = {key: each for key, each in given.items() if key not in _IGNORED}
    return read_record(plain, f"row {position + 1}")


def _of_trace_objects(traces: Sequence[Trace]) -> EvaluationData:
    return EvaluationData(
        rows=lambda: (trace_row(each, position) for position, each in enumerate(traces)),
        count=len(traces),
        has_answers=True,
        description=f"{len(traces):,} traces",
    )


def _of_traces(chosen: StoredTraces, place: Place) -> EvaluationData:
    with place.open_lake() as lake, query_errors(lake, chosen.where or "", flag="where"):
        found = matching_traces(lake, TraceFilter(where=chosen.where, since=chosen.since))
        ordered = found.order("start_time, trace_id").project("trace_id")
        if chosen.limit is not None:
            ordered = ordered.limit(chosen.limit)
        ids = [trace_id for (trace_id,) in ordered.fetchall()]

    def rows() -> Iterator[EvaluationRow]:
        iterator = iter(ids)
        position = 0
        with place.open_lake() as lake:
            while batch := list(islice(iterator, _BATCH)):
                for trace in load_traces(lake, batch):
                    yield trace_row(trace, position)
                    position += 1

    return EvaluationData(
        rows=rows, count=len(ids), has_answers=True, description=f"{len(ids):,} stored traces"
    )


def _of_run(reference: str, place: Place) -> EvaluationData:
    """The rows of a run with the outputs they had, to be scored again."""
    with place.open_catalog() as catalog:
        run_id = get_run(catalog, reference).run_id
    with place.open_lake() as lake:
        counted = lake.rows(
            "SELECT count(*) FROM run_results WHERE run_id = $run_id AND kind = 'row'",
            {"run_id": run_id},
        )

    def rows() -> Iterator[EvaluationRow]:
        with place.open_lake() as lake:
            for stored in iter_rows(lake, run_id):
                yield EvaluationRow(
                    position=stored.position,
                    record_id=stored.record_id,
                    inputs=json_value(stored.inputs),
                    outputs=json_value(stored.outputs),
                    has_outputs=True,
                    expectations=json_value(stored.expectations) or {},
                    tags=json_value(stored.tags) or {},
                    split=stored.split,
                    trace_id=stored.trace_id,
                    session_id=stored.session_id,
                )

    return EvaluationData(
        rows=rows,
        count=int(counted[0][0]),
        has_answers=True,
        source_run_id=run_id,
        description=f"run {run_id}",
    )


def trace_row(trace: Trace, position: int, content: ContentDigests | None = None) -> EvaluationRow:
    """A stored trace as a row. content: the digests of it, where they are known."""
    sample = Sample.of_trace(trace)
    return EvaluationRow(
        position=position,
        record_id=trace.trace_id,
        inputs=sample.inputs,
        outputs=sample.outputs,
        has_outputs=True,
        expectations=sample.expectations,
        trace_id=trace.trace_id,
        session_id=trace.session_id,
        trace=trace,
        content=content,
    )


def _numbered(record_id: str, occurrence: int) -> str:
    """A row of inputs that came before keeps apart from it by a number."""
    return record_id if occurrence == 1 else f"{record_id}-{occurrence}"


def _changed(row: EvaluationRow, **changes: Any) -> EvaluationRow:  # noqa: ANN401
    return replace(row, **changes)
