from spanlake.access.trail import Trail
from spanlake.entities.access import AuditEvent, Principal, PrincipalKind


class Clock:
    """Seconds that are set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


def refusal(source: str, target: str = "GET /") -> AuditEvent:
    actor = Principal(PrincipalKind.ANONYMOUS, source=source)
    return AuditEvent(actor, "access.refuse", target, reason="no key is given")


def counts(events: list[AuditEvent]) -> list[tuple[str | None, object]]:
    return [(each.actor.source, (each.details or {})["count"]) for each in events]


def test_attempts_that_are_alike_are_one_event_a_minute() -> None:
    """The first attempt is told at once, those that follow once a minute with their number."""
    clock = Clock()
    trail = Trail(clock)
    trail.refused(refusal("a"))
    trail.refused(refusal("b"))
    assert counts(trail.due()) == [("a", 1), ("b", 1)]
    for _ in range(1000):
        trail.refused(refusal("a"))
    assert trail.due() == []
    clock.now += 61
    assert counts(trail.due()) == [("a", 1000)]
    clock.now += 61
    assert trail.due() == []
    trail.refused(refusal("a"))
    assert counts(trail.due()) == [("a", 1)]


def test_nobody_can_fill_the_log() -> None:
    """However many addresses and paths attempts come with, only so many kinds are kept."""
    trail = Trail(Clock())
    for number in range(5000):
        trail.refused(refusal(str(number)))
    assert len(trail.due()) == 1000
