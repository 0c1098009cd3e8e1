import json
from typing import Any

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from schema_messages import Message, call, message, result, text
from spans import Attributes, key_values

from spanlake.otlp.logs import decode_logs
from spanlake.semconv.columns import CANONICAL_EVENT
from spanlake.semconv.events import event_columns

DETAILS = "gen_ai.client.inference.operation.details"
ASKED = [message("user", text("Hi"))]
ANSWERED = [message("assistant", text("Hi!"))]


def record(
    name: str, body: str | dict[str, Any] | None = None, attributes: Attributes | None = None
) -> LogRecord:
    """A log record; a body that is an object comes as OTLP has objects."""
    return LogRecord(
        event_name=name,
        body=None if body is None else any_value(body),
        attributes=key_values(attributes or {}),
    )


def any_value(value: Any) -> AnyValue:  # noqa: ANN401  # JSON
    if not isinstance(value, dict):
        return AnyValue(string_value=value if isinstance(value, str) else json.dumps(value))
    members = [KeyValue(key=key, value=any_value(member)) for key, member in value.items()]
    return AnyValue(kvlist_value=KeyValueList(values=members))


def columns_of(*records: LogRecord) -> list[dict[str, Any]]:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.extend(records)
    table = event_columns(decode_logs([request.SerializeToString()]).table)
    assert table.schema == CANONICAL_EVENT
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def said(written: str | None) -> list[Message] | None:
    return None if written is None else json.loads(written)


@pytest.mark.parametrize(
    ("name", "body", "asked", "answered"),
    [
        ("gen_ai.user.message", {"content": "Hi"}, ASKED, None),
        ("gen_ai.system.message", "Be brief.", [message("system", text("Be brief."))], None),
        ("gen_ai.user.message", '{"content": "Hi"}', ASKED, None),
        (
            "gen_ai.assistant.message",
            {"tool_calls": [{"id": "c1", "function": {"name": "w", "arguments": "{}"}}]},
            [message("assistant", call("w", {}, "c1"))],
            None,
        ),
        (
            "gen_ai.tool.message",
            {"content": "18 C", "id": "c1"},
            [message("tool", result("18 C", "c1"))],
            None,
        ),
        (
            "gen_ai.choice",
            {"finish_reason": "stop", "index": "0", "message": {"content": "Hi!"}},
            None,
            [message("assistant", text("Hi!"), finish_reason="stop")],
        ),
        ("gen_ai.user.message", None, None, None),
        ("gen_ai.evaluation.result", {"content": "Hi"}, None, None),
        ("my.message", {"content": "Hi"}, None, None),
    ],
)
def test_a_record_of_a_message_says_it(
    name: str,
    body: str | dict[str, Any] | None,
    asked: list[Message] | None,
    answered: list[Message] | None,
) -> None:
    """A log record that is the event of a message has it, and a record of anything else nothing."""
    (columns,) = columns_of(record(name, body))
    assert said(columns["input_messages"]) == asked
    assert said(columns["output_messages"]) == answered


def test_a_record_of_the_details_has_all_content() -> None:
    """The event of a whole call has its messages in attributes, or in the body before that."""
    content: Attributes = {
        "gen_ai.system_instructions": '[{"type": "text", "content": "Be brief."}]',
        "gen_ai.input.messages": json.dumps(ASKED),
        "gen_ai.output.messages": json.dumps(ANSWERED),
        "gen_ai.tool.definitions": '[{"type": "function", "name": "w"}]',
        "user.id": "ann",
        "gen_ai.conversation.id": "conv-1",
    }
    in_attributes, in_body = columns_of(
        record(DETAILS, None, content), record(DETAILS, dict(content))
    )
    assert in_attributes == in_body
    assert said(in_attributes["input_messages"]) == ASKED
    assert said(in_attributes["output_messages"]) == ANSWERED
    assert json.loads(in_attributes["system_instructions"]) == [text("Be brief.")]
    assert json.loads(in_attributes["tool_definitions"]) == [{"type": "function", "name": "w"}]
    assert (in_attributes["user_id"], in_attributes["session_id"]) == ("ann", "conv-1")


def test_the_name_may_be_an_attribute() -> None:
    """SDKs that have no field for the name of an event have it as an attribute."""
    (columns,) = columns_of(record("", {"content": "Hi"}, {"event.name": "gen_ai.user.message"}))
    assert said(columns["input_messages"]) == ASKED


def test_records_do_not_feel_their_neighbours() -> None:
    """Each record has its own columns, among records of all kinds and of none."""
    records = [
        record("gen_ai.user.message", {"content": "Hi"}),
        record("", "a line of a log"),
        record("gen_ai.choice", "[" * 1000),
        record("gen_ai.user.message", {"content": "Hi"}, {"session.id": "s"}),
    ]
    assert columns_of(*records) == [columns_of(each)[0] for each in records]


def test_no_records_have_columns() -> None:
    """A batch without a record has the columns, and no rows."""
    empty = decode_logs([ExportLogsServiceRequest().SerializeToString()]).table
    assert event_columns(empty).equals(pa.table(CANONICAL_EVENT.empty_table()))
