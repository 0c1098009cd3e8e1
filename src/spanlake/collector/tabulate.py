"""Requests of each signal to rows of its table."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.collector.one_experiment import within_experiments
from spanlake.collector.redaction.processor import Redactor
from spanlake.collector.sampling.head import HeadSampler, Weighed, upstream_weights
from spanlake.collector.submission import Submission, Table
from spanlake.entities import Receipt, Signal
from spanlake.otlp.decoded import Decoded
from spanlake.otlp.logs import decode_logs
from spanlake.otlp.metrics import decode_metrics
from spanlake.otlp.spans import decode_spans
from spanlake.semconv.normalise import Normaliser, default_normaliser, placeholders
from spanlake.semconv.transformed import NO_TEXT
from spanlake.storage.canonical_spans import derived_columns
from spanlake.storage.log_content import log_content
from spanlake.storage.schema import LOGS, METRICS, REDACTIONS, SPANS

_EXPERIMENT = "spanlake.experiment"
_DEFAULT_EXPERIMENT = "default"
_EMPTY = pa.scalar("")


class _PerRow(NamedTuple):
    """What a request says of all its items, spread over their rows."""

    experiment: pa.StringArray
    received_at: pa.TimestampArray


def _per_row(
    submissions: list[Submission], requests: npt.NDArray[np.int64], redactor: Redactor | None
) -> _PerRow:
    of_row = pa.array(requests)
    received = [submission.received_ns // 1000 for submission in submissions]
    experiments = [submission.experiment for submission in submissions]
    if redactor is not None:
        experiments = [name and redactor.text(name) for name in experiments]
    return _PerRow(
        pa.array(experiments, pa.string()).take(of_row),
        pa.array(received, pa.timestamp("us", "UTC")).take(of_row),
    )


def _receipts(decoded: Decoded, count: int, redactor: Redactor | None) -> list[Receipt]:
    accepted = np.bincount(decoded.requests, minlength=count).tolist()
    # Receipts are stored, too, and say of an item what its name is.
    reasons = [redactor.text(each) if redactor and each else each for each in decoded.reasons]
    return [Receipt(*each) for each in zip(accepted, decoded.rejected, reasons, strict=True)]


def tabulate_spans(
    submissions: list[Submission],
    normaliser: Normaliser | None = None,
    redactor: Redactor | None = None,
    sampler: HeadSampler | None = None,
) -> Table:
    """Spans with their canonical columns, as `storage.schema.SPANS`.

    Placeholders are accepted and not kept: the spans they announce come themselves. So is what is
    sampled out.
    """
    normaliser = normaliser or default_normaliser()
    decoded = decode_spans([submission.payload for submission in submissions])
    receipts = _receipts(decoded, len(submissions), redactor)
    total = len(decoded.table)
    if sampler is not None:
        decoded = sampler.thin_spans(decoded)
    sampled_out = total - len(decoded.table)
    # Before anything is derived: a canonical column cannot hold what the raw ones do not.
    raw = _redacted(Signal.TRACES, decoded.table, redactor)
    of_request = _per_row(submissions, decoded.requests, redactor)
    columns = {name: raw[name] for name in raw.column_names}
    columns |= derived_columns(raw, of_request.experiment, normaliser)
    columns["received_at"] = of_request.received_at
    columns["sample_weight"] = upstream_weights(raw)
    columns["tail_weight"] = pa.nulls(len(raw), pa.float64())
    rows, requests = _as_stored(columns, SPANS), decoded.requests
    announcing = placeholders(raw)
    if announcing.true_count:
        kept = pc.invert(announcing)
        rows, requests = rows.filter(kept), requests[kept.to_numpy(zero_copy_only=False)]
    if sampler is not None:
        before = len(rows)
        rows, requests = _weighed(rows, requests, sampler.weigh(rows))
        sampled_out += before - len(rows)
    table = within_experiments(rows, requests, submissions, receipts)
    return table._replace(sampled_out=sampled_out)


def _weighed(
    rows: pa.Table, requests: npt.NDArray[np.int64], weighed: Weighed
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Spans that are kept, with their weights, and the request of each."""
    if weighed.is_kept is not None:
        rows, requests = rows.filter(pa.array(weighed.is_kept)), requests[weighed.is_kept]
    at = rows.schema.get_field_index("sample_weight")
    return rows.set_column(at, rows.schema.field(at), weighed.weights), requests


def tabulate_logs(
    submissions: list[Submission],
    redactor: Redactor | None = None,
    sampler: HeadSampler | None = None,
) -> Table:
    """Log records with what they belong to, as `storage.schema.LOGS`.

    Those of traces that are sampled out are accepted and not kept.
    """
    decoded = decode_logs([submission.payload for submission in submissions])
    raw = _redacted(Signal.LOGS, decoded.table, redactor)
    own = _attribute(raw["attributes"], _EXPERIMENT)
    content = log_content(raw)
    columns = {name: raw[name] for name in raw.column_names}
    columns |= {name: content[name] for name in content.column_names}
    with_content = decoded._replace(table=pa.table(columns))
    table = _with_belonging(with_content, submissions, own, LOGS, redactor)
    kept = sampler.keeps_records(table.rows) if sampler is not None else None
    if kept is None or kept.all():
        return table
    return table._replace(
        rows=table.rows.filter(pa.array(kept)), sampled_out=int(np.count_nonzero(~kept))
    )


def tabulate_metrics(submissions: list[Submission], redactor: Redactor | None = None) -> Table:
    """Data points with what they belong to, as `storage.schema.METRICS`."""
    decoded = decode_metrics([submission.payload for submission in submissions])
    decoded = decoded._replace(table=_redacted(Signal.METRICS, decoded.table, redactor))
    none = pa.nulls(len(decoded.table), pa.string())
    return _with_belonging(decoded, submissions, none, METRICS, redactor)


def _redacted(signal: Signal, raw: pa.Table, redactor: Redactor | None) -> pa.Table:
    """Decoded items as they may be stored, and what was taken out of them."""
    if redactor is not None:
        return redactor.rows(signal, raw)
    return raw.append_column("redactions", pa.nulls(len(raw), REDACTIONS))


def _with_belonging(
    decoded: Decoded,
    submissions: list[Submission],
    experiment: pa.Array,
    schema: pa.Schema,
    redactor: Redactor | None,
) -> Table:
    """Raw rows with service, experiment and arrival beside them.

    experiment: for each row the one it names itself, or null.
    """
    raw = decoded.table
    of_request = _per_row(submissions, decoded.requests, redactor)
    service_name = _attribute(raw["resource"], "service.name")
    columns = {name: raw[name] for name in raw.column_names}
    columns |= {
        "received_at": of_request.received_at,
        "service_name": service_name,
        "experiment": pc.coalesce(
            experiment,
            _attribute(raw["resource"], _EXPERIMENT),
            of_request.experiment,
            service_name,
            _DEFAULT_EXPERIMENT,
        ),
    }
    rows = _as_stored(columns, schema)
    receipts = _receipts(decoded, len(submissions), redactor)
    return within_experiments(rows, decoded.requests, submissions, receipts)


def _as_stored(columns: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    """Columns in the order and of the types of a schema."""
    stored = [
        columns[field.name]
        if columns[field.name].type == field.type
        else columns[field.name].cast(field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(stored, schema=schema)


def _attribute(maps: pa.ChunkedArray, key: str) -> pa.ChunkedArray:
    """The text of one attribute in each map; the empty one is no value."""
    text = pc.map_lookup(maps, pa.scalar(key), "first")
    return pc.if_else(pc.equal(text, _EMPTY), NO_TEXT, text)
