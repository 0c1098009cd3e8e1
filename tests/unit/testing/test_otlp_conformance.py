"""The conformance suite itself: complete, and not to be satisfied by a receiver that is none."""

import sys
from collections.abc import Iterator

import pytest
from http_double import Handler, HttpDouble

from spanlake.testing.otlp_conformance import (
    Endpoint,
    Outcome,
    Result,
    Transport,
    run,
    statements,
)
from spanlake.testing.otlp_conformance.__main__ import main
from spanlake.testing.otlp_conformance.probe import check_of
from spanlake.testing.otlp_conformance.reader import StoredSpan, is_value
from spanlake.testing.otlp_conformance.report import counts, summary

# It would wait for a minute for what this receiver never does, or send it 64 MiB.
PATIENT = {13, 14, 16, 52, 55}


class YesMan(Handler):
    """Says yes to whatever is posted, and forgets it."""

    protocol_version = "HTTP/1.1"

    def reply(self) -> None:
        """Answer with nothing."""
        self.body()
        status = 200 if self.command == "POST" else 501
        self.answer(status, headers={"Content-Type": "application/x-protobuf"})


@pytest.fixture(scope="module")
def found() -> Iterator[list[Result]]:
    """What the suite finds of it."""
    with HttpDouble(YesMan) as double:
        endpoint = Endpoint(http=double.url, patience=0.1)
        numbers = frozenset(each.number for each in statements()) - PATIENT
        yield run(endpoint, lambda _endpoint, _trace_id: [], numbers=numbers)


def test_there_are_sixty_statements_and_each_has_a_check() -> None:
    """The statements are numbered from 1 to 60, and each has a transport and a check."""
    assert [each.number for each in statements()] == list(range(1, 61))
    assert all(each.transports and check_of(each.number) for each in statements())


def test_a_receiver_that_says_yes_to_all_is_found_out(found: list[Result]) -> None:
    """What is undecodable, bad, or to be stored is not passed by saying 200."""
    of_protobuf = {
        each.statement.number: each for each in found if each.transport == "http/protobuf"
    }
    for number in (6, 7, 9, 10, 21, 24, 25, 26, 27, 28, 29, 32, 44, 46, 47, 48, 50, 51, 53, 60):
        assert of_protobuf[number].outcome is Outcome.FAIL, number
        assert of_protobuf[number].reason
    for number in (4, 8, 18, 19):
        assert of_protobuf[number].outcome is Outcome.PASS, of_protobuf[number].reason


def test_what_is_not_served_is_not_counted_as_failed(found: list[Result]) -> None:
    """Over a transport that no endpoint is given for nothing can be seen."""
    assert counts(found, Transport.GRPC).failed == 0
    assert counts(found, Transport.GRPC).passed == 0
    assert "http/protobuf:" in summary(found)


@pytest.mark.parametrize(
    ("found_value", "value", "is_same"),
    [
        ("7", 7, True),
        (7, 7, True),
        (7, 8, False),
        ("text", "text", True),
        ('"text"', "text", True),
        ('{"k": 7}', {"k": 7}, True),
        ("[1]", [2], False),
        ("1", True, False),
        (None, "x", False),
    ],
)
def test_values_are_compared_as_json(found_value: object, value: object, *, is_same: bool) -> None:
    """A stored value is the one that was sent when it is, or its JSON text is."""
    assert is_value(found_value, value) is is_same
    stored = StoredSpan("", "", {"key": found_value}, {}, (), (), "", "")
    assert stored.has("key", value) is is_same
    assert not stored.has("other", value)


@pytest.mark.parametrize(
    ("arguments", "mistake"),
    [
        ([], "neither --grpc nor --http"),
        (["--http", "localhost:4318"], "--http is 'localhost:4318'"),
        (["--grpc", "localhost:1", "--header", "nonsense"], "--header is 'nonsense'"),
        (["--grpc", "localhost:1", "--break-storage", "true"], "--mend-storage"),
    ],
)
def test_mistakes_are_named(
    arguments: list[str],
    mistake: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A mistake on the command line is one line on stderr, and the status is 2."""
    monkeypatch.setattr(sys, "argv", ["otlp_conformance", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert mistake in capsys.readouterr().err
