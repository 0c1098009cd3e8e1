from datetime import UTC, datetime

import pytest
import stamina
from asking import QUICK, complete, request

from spanlake.evaluation.models.errors import RateLimitedError
from spanlake.evaluation.models.port import ModelPort
from spanlake.evaluation.models.transport import retry_after
from spanlake.testing import Breakage, Fault, ModelServer, Said

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_what_passes_by_itself_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    """A request that fails and then succeeds is an answer, and nothing is printed about it."""
    said: list[Said] = [Fault(500), Fault(breakage=Breakage.CUT_OFF), "fine"]
    with ModelServer(said) as server:
        assert complete(ModelPort(retry=QUICK), server.model("m"), request()).text == "fine"
    assert capsys.readouterr() == ("", "")


def test_a_wait_of_hours_is_not_waited_for() -> None:
    """A provider that is out of its daily quota is told of at once."""
    with ModelServer(Fault(429, "come back tomorrow", retry_after=86_400)) as server:
        with pytest.raises(RateLimitedError, match="tomorrow"):
            complete(ModelPort(retry=QUICK), server.model("m"), request())
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:05 GMT"}, 5.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:05 -0000"}, 5.0),
        ({"retry-after": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_providers_say_how_long_to_wait_in_several_ways(
    headers: dict[str, str], seconds: float | None
) -> None:
    """Seconds, milliseconds and dates are understood, anything else says nothing."""
    assert retry_after(headers, NOW) == seconds


def test_the_retries_of_other_programs_are_reported_as_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only retries of model calls are kept from stamina's hooks."""
    seen = [False]
    for attempt in stamina.retry_context(on=ValueError, wait_initial=0, wait_max=0, wait_jitter=0):
        with attempt:
            if not seen[0]:
                seen[0] = True
                raise ValueError("once")
    assert "once" in capsys.readouterr().out
