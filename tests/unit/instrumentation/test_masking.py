import re

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from recorded import Recorded

import spanlake
from spanlake.instrumentation.masking import Masking


def without_mail(text: str) -> str:
    return re.sub(r"\S+@\S+", "<mail>", text)


def test_no_text_of_a_span_is_missed(recorded: Recorded) -> None:
    """Names, attributes, lists, events and the status are masked; what the lake goes by is not."""

    @spanlake.trace(
        name="for a@example.com", span_type="TOOL", attributes={"cc": ["b@example.com"]}
    )
    def send(to: str) -> None:
        raise ValueError(f"no {to}")

    with pytest.raises(ValueError, match="example"):
        send("a@example.com")
    (span,) = recorded.all
    masked = Masking(without_mail).span(span)
    assert "example" not in masked.to_json()
    attributes = masked.attributes or {}
    assert attributes["cc"] == ["<mail>"]
    assert attributes["spanlake.span_type"] == "TOOL"
    assert masked.name == "for <mail>"
    assert masked.status.description == "no <mail>"
    assert (masked.context, masked.parent, masked.end_time) == (
        span.context, span.parent, span.end_time,
    )  # fmt: skip
    assert "example" in span.to_json()


def test_a_log_record_likewise() -> None:
    """Bodies of every shape and attributes are masked, in a copy."""
    record = ReadableLogRecord(
        LogRecord(
            body={"to": ["a@example.com"], "n": 1},
            attributes={
                "gen_ai.evaluation.explanation": "a@example.com",
                "spanlake.assessment.id": "a@example.com",
                "spanlake.assessment.value": '"a@example.com"',
            },
        ),
        Resource({}),
    )
    masked = Masking(without_mail).log_record(record).log_record
    assert masked.body == {"to": ["<mail>"], "n": 1}
    assert masked.attributes == {
        "gen_ai.evaluation.explanation": "<mail>",
        "spanlake.assessment.id": "a@example.com",
        "spanlake.assessment.value": "<mail>",
    }
    assert record.log_record.body == {"to": ["a@example.com"], "n": 1}


def test_a_mask_that_fails_hides(recorded: Recorded, caplog: pytest.LogCaptureFixture) -> None:
    """What a mask fails on does not leave, and the log says so once."""
    with spanlake.span("step", inputs="secret"):
        pass
    broken = Masking(lambda text: text[99999])
    for _ in range(2):
        masked = broken.span(recorded.one("step"))
    assert masked.attributes == {"spanlake.input": "[hidden: the mask raised IndexError]"}
    assert len(caplog.records) == 1
    nothing = Masking(lambda _: None)  # type: ignore[arg-type, return-value]  # the mistake
    assert nothing.span(recorded.one("step")).name == "[hidden: the mask returned NoneType]"
