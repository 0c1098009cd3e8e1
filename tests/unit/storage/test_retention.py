"""Retention: what goes, what stays, and that the disk has it back."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from invariants import quiet
from rows import NOON_NS, span, write

from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.retention import Retained, Retention, retain
from spanlake.storage.upkeep import Upkeep

DAY_MS = 86_400_000
NOON = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
DAYS = 6
OLDEST_FAILED, OLDEST_JUDGED = "f" * 32, "e" * 32


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six days of spans and log records; of the first, one trace failed and one is assessed."""
    for day in range(DAYS):
        moment = day * DAY_MS
        write(
            tmp_path,
            *(
                span(f"{day}{n}", trace_id=f"{day:032x}", start_ms=moment, received_ms=moment)
                for n in range(3)
            ),
        )
        time = (NOON_NS + day * DAY_MS * 1_000_000) // 1000
        write(tmp_path, {"body": "x", "time": time, "received_at": time}, table="logs")
    write(
        tmp_path,
        span("failed", trace_id=OLDEST_FAILED, is_error=True),
        span("judged", trace_id=OLDEST_JUDGED),
    )
    verdict = {
        "assessment_id": "a",
        "kind": "feedback",
        "name": "ok",
        "value": "true",
        "target_type": "trace",
        "trace_id": OLDEST_JUDGED,
        "created_at": NOON,
        "received_at": NOON,
    }
    write(tmp_path, verdict, table="assessments")
    upkeep = Upkeep(Layout(tmp_path))
    for table in ("spans", "logs", "assessments"):
        upkeep.run(table)
        upkeep.tidy(table, hot_grace=-1.0)
    upkeep.sum_up()
    return tmp_path


def retained(data: Path, policy: Retention, *, day: int) -> Retained:
    """Retain on one of the days."""
    return retain(Layout(data), policy, now=NOON + timedelta(days=day), progress=quiet)


def count(data: Path, view: str) -> int:
    with Lake(data) as lake:
        return len(lake.sql(f"FROM {view}").fetchall())


def size(data: Path) -> int:
    tables = ("spans", "logs")
    files = (file for table in tables for file in data.glob(f"{table}/sealed/date=*/*.parquet"))
    return sum(file.stat().st_size for file in files)


def test_days_that_are_too_old_go(data: Path) -> None:
    """All of a day goes once all of it is too old, and the disk has the bytes back."""
    before = size(data)
    done = retained(data, Retention(max_age=timedelta(days=2)), day=4)
    assert done.days == (NOON.date(), NOON.date() + timedelta(days=1))
    assert done.rows == {"spans": 8, "logs": 2, "metrics": 0}
    assert (count(data, "spans"), count(data, "logs"), count(data, "traces")) == (12, 4, 4)
    assert 0 < done.freed_bytes <= before - size(data)
    assert retained(data, Retention(max_age=timedelta(days=2)), day=4).days == ()


def test_what_is_to_be_kept_stays(data: Path) -> None:
    """Traces that failed or were assessed outlive their day, with what is said of them."""
    policy = Retention(max_age=timedelta(days=1), keep=("errors", "assessed"))
    done = retained(data, policy, day=DAYS + 3)
    assert done.rows["spans"] == 3 * DAYS
    with Lake(data) as lake:
        left = lake.sql("SELECT trace_id FROM traces ORDER BY 1").fetchall()
    assert left == [(OLDEST_JUDGED,), (OLDEST_FAILED,)]
    assert count(data, "assessments") == 1
    assert retained(data, policy, day=DAYS + 3).days == ()


def test_the_oldest_days_go_until_the_rest_fits(data: Path) -> None:
    """By size, the oldest days go first, and never today."""
    whole = size(data)
    done = retained(data, Retention(max_bytes=whole // 2), day=DAYS - 1)
    assert done.days[0] == NOON.date()
    assert 0 < size(data) <= whole // 2
    done = retained(data, Retention(max_bytes=1), day=DAYS - 1)
    with Lake(data) as lake:
        days = lake.sql("SELECT DISTINCT start_time::DATE FROM spans").fetchall()
    assert days == [(date.fromordinal(NOON.date().toordinal() + DAYS - 1),)]
