"""Judges whose trace it was, and whether it failed."""

from captures import Capture
from seen import Seen
from verdict import Verdict


def session(capture: Capture, seen: Seen) -> Verdict:
    """Every trace is of the session that the app named."""
    return _identity(capture, seen, "session_id")


def user(capture: Capture, seen: Seen) -> Verdict:
    """Every trace is of the user that the app named."""
    return _identity(capture, seen, "user_id")


def _identity(capture: Capture, seen: Seen, column: str) -> Verdict:
    expected = capture.expected[column]
    got = [trace[column] for trace in seen.traces]
    if expected is None:
        # Some instrumentors make up a session where the app has none.
        made_up = all(value is None or value in seen.all_sent for value in got)
        return (
            Verdict.not_sent(got if any(got) else None)
            if made_up
            else Verdict.wrong(None, got, "invented")
        )
    told = [
        trace[column]
        for trace in seen.traces
        if trace[column] is not None or expected in seen.sent_in(trace["trace_id"])
    ]
    good = told and all(value == expected for value in told)
    return Verdict.right(expected, got) if good else Verdict.wrong(expected, got, "differs")


def error(capture: Capture, seen: Seen) -> Verdict:
    """A span has failed where something did, with the message; a tool's failure is only its own."""
    facts = capture.expected
    failed = [span for span in seen.spans if span["is_error"]]
    got = [(span["name"], span["error_type"], span["error_message"]) for span in failed]
    if not facts["error"]:
        return Verdict.of([], got)
    if not failed or not any(trace["error_count"] for trace in seen.traces):
        return Verdict.wrong(True, got, "no failed span")
    message = facts["error_message"]
    if message is not None and not any(message in (said or "") for _, _, said in got):
        return Verdict.wrong(message, got, "not in error_message")
    survived = message is None and facts["app_exception"] is None
    if survived and any(trace["status_code"] == "ERROR" for trace in seen.traces):
        return Verdict.wrong("only the tool", got, "the trace has failed")
    return Verdict.right(message or True, got)
