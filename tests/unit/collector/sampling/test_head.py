"""Head sampling: what is decided of a span, and for how many it stands then."""

import hashlib

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanlake.collector.sampling.head import HeadSampler
from spanlake.collector.sampling.randomness import (
    ALL,
    chances_of,
    randomness_of,
    threshold_of,
    weights_of,
)
from spanlake.collector.submission import Submission, Table
from spanlake.collector.tabulate import tabulate_logs, tabulate_spans
from spanlake.config import ProbabilisticSampler

IDS = [hashlib.md5(bytes([n]), usedforsecurity=False).digest() for n in range(200)]


def kept(share: float) -> set[str]:
    """The traces that OpenTelemetry's rule keeps: 56 bits of the id, from the threshold on."""
    return {each.hex() for each in IDS if int.from_bytes(each[9:]) >= round((1 - share) * 2**56)}


def request(*trace_ids: bytes, service: str = "app", trace_state: str = "") -> Submission:
    """Two spans of each trace."""
    message = ExportTraceServiceRequest()
    of_resource = message.resource_spans.add()
    of_resource.resource.attributes.add(key="service.name").value.string_value = service
    spans = of_resource.scope_spans.add().spans
    for trace_id in trace_ids:
        for number in (1, 2):
            spans.add(trace_id=trace_id, span_id=bytes([number] * 8), trace_state=trace_state)
    return Submission.of(message.SerializeToString(), experiment=None, received_ns=1)


def tabulated(*submissions: Submission, **settings: object) -> Table:
    sampler = HeadSampler(ProbabilisticSampler.model_validate(settings))
    return tabulate_spans(list(submissions), sampler=sampler)


def weights(table: Table) -> dict[str, float | None]:
    rows = table.rows.select(["trace_id", "sample_weight"]).to_pylist()
    return {row["trace_id"]: row["sample_weight"] for row in rows}


def test_whole_traces_stay_and_stand_for_the_others() -> None:
    """Of a quarter each stands for four; all of them are acknowledged, and counted."""
    table = tabulated(request(*IDS), sampling_percentage=25.0)
    assert weights(table) == dict.fromkeys(kept(0.25), 4.0)
    assert len(table.rows) == 2 * len(kept(0.25))
    assert table.receipts[0].accepted == 2 * len(IDS) == len(table.rows) + table.sampled_out


def test_without_a_share_all_stay() -> None:
    """At 100 % nothing is left out, and nothing stands for more than itself."""
    table = tabulated(request(*IDS))
    assert (len(table.rows), table.sampled_out) == (2 * len(IDS), 0)
    assert table.rows["sample_weight"].null_count == len(table.rows)


def test_at_nothing_nothing_stays() -> None:
    """At 0 % every span is acknowledged, and none is a row."""
    table = tabulated(request(*IDS), sampling_percentage=0.0)
    assert (len(table.rows), table.sampled_out) == (0, 2 * len(IDS))


def test_experiments_have_shares_of_their_own() -> None:
    """Each experiment has its share; what a small one keeps, a large one keeps as well."""
    table = tabulated(
        request(*IDS, service="app"),
        request(*IDS, service="load-test"),
        request(*IDS, service="precious"),
        sampling_percentage=50.0,
        experiments={"load-test": 10.0, "precious": 100.0},
    )
    found: dict[str, set[str]] = {}
    for row in table.rows.select(["experiment", "trace_id"]).to_pylist():
        found.setdefault(row["experiment"], set()).add(row["trace_id"])
    all_of_them = {each.hex() for each in IDS}
    assert found == {"app": kept(0.5), "load-test": kept(0.1), "precious": all_of_them}
    assert table.sampled_out == 6 * len(IDS) - len(table.rows)


def test_what_was_sampled_before_stands_for_as_many() -> None:
    """`th` in a tracestate is a weight, also where this collector samples nothing."""
    before = [each for each in IDS if each.hex() in kept(0.25)]
    submission = request(*before, trace_state="vendor=1,ot=th:c;p:8")
    table = tabulate_spans([submission])
    assert weights(table) == dict.fromkeys(kept(0.25), 4.0)


@pytest.mark.parametrize(("percentage", "weight"), [(50.0, 4.0), (25.0, 4.0), (12.5, 8.0)])
def test_weights_of_one_randomness_are_not_multiplied(percentage: float, weight: float) -> None:
    """Who kept a quarter kept it of the half: the smaller share is that of both."""
    before = [each for each in IDS if each.hex() in kept(0.25)]
    submission = request(*before, trace_state="ot=th:c")
    table = tabulated(submission, sampling_percentage=percentage)
    expected = kept(min(0.25, percentage / 100))
    assert weights(table) == dict.fromkeys(expected, weight)


@pytest.mark.parametrize(
    "state",
    [
        "ot=th:f",
        "ot=th:",
        "ot=th:C",
        "ot=th:00000000000000c",
        "ot=xx:1",
        "other=th:c",
        "ot",
        ",=;:",
    ],
)
def test_a_threshold_that_says_nothing_is_none(state: str) -> None:
    """One that the trace has not passed, or that is no hex, is no weight."""
    below = [each for each in IDS if each.hex() not in kept(0.25)]
    assert set(weights(tabulate_spans([request(*below, trace_state=state)])).values()) == {None}


def test_a_trace_may_bring_its_randomness() -> None:
    """`rv` counts instead of the id, for every span that has it."""
    states = {"ot=rv:ffffffffffffff": 1, "ot=rv:00000000000000;th:0": 0, "ot=rv:c": None}
    for state, expected in states.items():
        table = tabulated(request(*IDS, trace_state=state), sampling_percentage=50.0)
        count = len(kept(0.5)) if expected is None else expected * len(IDS)
        assert len(table.rows) == 2 * count


def test_log_records_go_with_their_trace() -> None:
    """Records of traces that are left out are, too; those of none stay."""
    message = ExportLogsServiceRequest()
    records = message.resource_logs.add().scope_logs.add().log_records
    for trace_id in [*IDS, b""]:
        records.add(trace_id=trace_id).body.string_value = "x"
    submission = Submission.of(message.SerializeToString(), experiment=None, received_ns=1)
    sampler = HeadSampler(ProbabilisticSampler(sampling_percentage=25.0))
    table = tabulate_logs([submission], sampler=sampler)
    assert set(table.rows["trace_id"].to_pylist()) == kept(0.25) | {None}
    assert table.sampled_out == len(IDS) + 1 - len(table.rows)
    assert table.receipts[0].accepted == len(IDS) + 1


def test_randomness_is_the_end_of_an_id() -> None:
    """The last 56 bits, as numbers; of no ids none."""
    ids = pa.array(["0" * 18 + "00000000000001", "f" * 32])
    assert randomness_of(ids).tolist() == [1, ALL - 1]
    assert randomness_of(ids.slice(1)).tolist() == [ALL - 1]
    assert randomness_of(ids.slice(2)).tolist() == []
    none = pa.table({"trace_id": ids.slice(2), "trace_state": pa.array([], pa.string())})
    assert chances_of(none).passed.tolist() == []


def test_thresholds_and_weights_are_each_other_s() -> None:
    """A share of a tenth stands for ten."""
    shares = pa.array([threshold_of(each) for each in (100.0, 10.0, 0.1)], pa.uint64())
    assert weights_of(shares.to_numpy()).tolist() == [1.0, 10.0, 1000.0]
