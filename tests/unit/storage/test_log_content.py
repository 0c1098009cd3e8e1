"""Log records to what they say of their spans."""

import pyarrow as pa
import pytest
from rows import Row, table_of

from spanlake.storage.log_content import log_content
from spanlake.storage.schema import LOG_CONTENT, LOGS

RAW = pa.schema([field for field in LOGS if field.name not in LOG_CONTENT.names])
DETAILS = "gen_ai.client.inference.operation.details"


def record(event_name: str | None, body: str | None = None, **columns: object) -> Row:
    """A raw log record of a span. attributes: all of them are texts."""
    held = columns.pop("attributes", {})
    assert isinstance(held, dict)
    return {
        "trace_id": "t",
        "span_id": "a",
        "event_name": event_name,
        "body": body,
        "body_type": body and "k",
        "time_ns": 0,
        "observed_time_ns": 7,
        "attributes": list(held.items()),
        "attribute_types": "s" * len(held),
        **columns,
    }


def content_of(*records: Row) -> list[Row]:
    content = log_content(table_of(records, RAW))
    assert content.schema == LOG_CONTENT
    rows: list[Row] = content.to_pylist()
    return rows


def asked(text: str, **columns: object) -> Row:
    return record("gen_ai.user.message", f'{{"content": "{text}"}}', **columns)


MESSAGES = {"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"q"}]}]'}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (asked("q"), "part"),
        (record(DETAILS, attributes=MESSAGES), "whole"),
        (record(None, attributes={"event.name": DETAILS, **MESSAGES}), "whole"),
        (record(DETAILS, attributes={"session.id": "s"}), "whole"),
        (record(DETAILS), None),
        (record("gen_ai.other", attributes={"session.id": "s"}), "context"),
        (record("gen_ai.evaluation.result", attributes={"session.id": "s"}), None),
        (record("http.request", '{"content": "q"}', attributes={"session.id": "s"}), None),
        (record(None, "plain text"), None),
    ],
)
def test_kind(raw: Row, kind: str | None) -> None:
    """A record tells a call whole, or one message of it, or whose it is, or nothing of its span."""
    ((row),) = content_of(raw)
    assert row["content_kind"] == kind
    assert (row["said_at_ns"] is None) == (kind is None)


@pytest.mark.parametrize(
    ("times", "said_at_ns"),
    [((5, 7), 5), ((0, 7), 7), ((None, None), 0), ((2**63 - 1, 0), 2**63 - 1)],
)
def test_time(times: tuple[int | None, int | None], said_at_ns: int) -> None:
    """A record was said when it happened, else when it was seen."""
    (row,) = content_of(asked("q", time_ns=times[0], observed_time_ns=times[1]))
    assert row["said_at_ns"] == said_at_ns


def test_one_tick_of_a_coarse_clock() -> None:
    """Messages of one span and time stay in order; one that is exported again does not move."""
    rows = content_of(
        asked("b"),
        asked("a"),
        asked("b"),
        asked("b", span_id="another"),
        record("http.request"),
        asked("c"),
        asked("b", observed_time_ns=8),
    )
    assert [row["said_at_ns"] for row in rows] == [7, 8, 7, 7, None, 9, 8]


def test_latest_time() -> None:
    """A tie at the last time there is stays within what can be stored."""
    rows = content_of(asked("a", time_ns=2**63 - 1), asked("b", time_ns=2**63 - 1))
    assert [row["said_at_ns"] for row in rows] == [2**63 - 1] * 2


def test_response_id() -> None:
    """A record has the id of the response that it names; an empty one is none."""
    named = [{"gen_ai.response.id": "r"}, {"gen_ai.response.id": ""}, {}]
    rows = content_of(*(record(DETAILS, attributes=each) for each in named))
    assert [row["response_id"] for row in rows] == ["r", None, None]


def test_no_records() -> None:
    """Of no records there are no rows."""
    assert content_of() == []
