"""Reading verdicts: every form they come in, and what is told of those that are none."""

import math

import polars as pl
import pytest
from verdict_frames import frame, run

from spanlake.errors import UserError
from spanlake.evaluation.statistics import Coverage, Kind, read_verdicts
from spanlake.evaluation.statistics.records import by_record, pair
from spanlake.evaluation.statistics.verdicts import kind_of


@pytest.mark.parametrize(
    "column",
    [
        {"value_bool": [True, False]},
        {"value_string": ["Yes", " no "]},
        {"value_string": ["pass", "FAILED"]},
        {"value_double": [1.0, 0.0]},
        {"value": [True, False]},
        {"value": [1, 0]},
        {"value": ['"yes"', "false"]},
        {"value_bool": [True, None], "value_string": [None, "no"]},
    ],
)
def test_a_verdict_of_pass_or_fail_reads_the_same_in_every_form(column: dict[str, object]) -> None:
    """Booleans, words and numbers, in the typed columns or as JSON, are 1 and 0, and binary."""
    table = read_verdicts(pl.DataFrame({"record_id": [1, 2], "scorer": "s", **column})).of("s")
    assert table["value"].to_list() == [1.0, 0.0]
    assert kind_of([table]) is Kind.BINARY


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False], Kind.BINARY),
        ([0.0, 1.0, 1.0], Kind.BINARY),
        ([1.0, 3.0, 5.0], Kind.ORDINAL),
        ([float(n) for n in range(12)], Kind.NUMERIC),
        ([0.5, 1.0], Kind.NUMERIC),
    ],
)
def test_the_kind_follows_from_the_values(values: list[float], kind: Kind) -> None:
    """Two values pass or fail, a few whole numbers rate, all else measures."""
    assert kind_of([read_verdicts(frame("s", values)).of("s")]) is kind


def test_what_is_no_verdict_is_counted_by_its_reason() -> None:
    """None, errors, NaN, infinity and unknown words are told apart, and none is averaged in."""
    rows = pl.DataFrame(
        {
            "record_id": list("abcdefg"),
            "scorer": "s",
            "value_double": [1.0, None, math.nan, math.inf, 0.0, None, None],
            "value_string": [None, None, None, None, None, "maybe", None],
            "error_code": [None, None, None, None, None, None, "SCORER_ERROR"],
        }
    )
    verdicts = read_verdicts(rows)
    assert verdicts.coverage("s") == Coverage(7, scored=2, missing=1, errors=1, unreadable=3)
    assert verdicts.coverage("s").unscored == 5
    assert by_record(verdicts.of("s")).value.tolist() == [1.0, 0.0]


def test_a_value_beside_an_error_is_an_error() -> None:
    """A scorer that failed has no verdict, whatever else the row holds."""
    rows = frame("s", [True, True], error_message=[None, "timed out"])
    assert read_verdicts(rows).coverage("s") == Coverage(2, 1, 0, 1, 0)


def test_repetitions_of_a_record_are_averaged_and_sessions_kept() -> None:
    """A record repeated thrice is one record with the mean of three, in its session's unit."""
    rows = frame(
        "s",
        [1.0, 0.0, 0.0, 1.0, 0.5],
        record_id=["a", "a", "a", "b", "c"],
        session_id=["x", "x", "x", "x", None],
    )
    records = by_record(read_verdicts(rows).of("s"))
    assert records.value.tolist() == pytest.approx([1 / 3, 1.0, 0.5])
    assert records.repetitions.tolist() == [3, 1, 1]
    assert records.units == 2
    assert not records.is_simple


def test_runs_pair_by_record_however_often_each_was_repeated() -> None:
    """Three repetitions against two pair by their means; what only one run has is named."""
    before = frame("s", [1.0, 1.0, 0.0, 1.0], record_id=["a", "a", "a", "b"])
    after = frame("s", [0.0, 1.0, 1.0], record_id=["a", "a", "c"])
    pairs = pair(read_verdicts(before).of("s"), read_verdicts(after).of("s"))
    assert pairs.differences.value.tolist() == pytest.approx([0.5 - 2 / 3])
    assert (pairs.baseline_only, pairs.candidate_only) == (("b",), ("c",))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (pl.DataFrame({"scorer": ["s"], "value": [1]}), "no column 'record_id'"),
        (
            pl.DataFrame({"record_id": [1, None], "scorer": ["s", "s"], "value": [1, 1]}),
            "1 of 2 verdicts have no record_id",
        ),
        (pl.DataFrame({"record_id": [1], "scorer": ["s"]}), "no value column"),
        (
            pl.DataFrame({"record_id": [1], "scorer": ["s"], "value": [[1]]}),
            "the column 'value' of the verdicts holds List",
        ),
    ],
)
def test_columns_that_are_not_there_are_named(rows: pl.DataFrame, message: str) -> None:
    """The message says which column is missing or wrong, and what a verdict is."""
    with pytest.raises(UserError, match=message):
        read_verdicts(rows)


def test_a_run_without_rows_is_read() -> None:
    """No rows are no scorers, and no crash."""
    assert read_verdicts(run("empty", frame("s", [])).verdicts).scorers == []
